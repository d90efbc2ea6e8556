"""The command line: `python -m autograd_np.viz script.py:loss -o loss.svg` draws what a script computed."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import runpy
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from autograd_np.core import Tensor, record
from autograd_np.errors import AutogradError
from autograd_np.viz.explaining import explain
from autograd_np.viz.graph import Graph, trace
from autograd_np.viz.numpy_source import to_numpy_source

__all__ = ["main"]

_EPILOG = """\
examples:
  python -m autograd_np.viz train.py                        draws train.loss into train.svg
  python -m autograd_np.viz train.py:trainer.loss -o a.html a page that steps through forward and backward
  python -m autograd_np.viz train.py:loss -o loss.py        the computation as a program of plain NumPy
  python -m autograd_np.viz train.py:loss --explain w       the largest paths from w, printed and highlighted
  python -m autograd_np.viz train.py -o a.pdf -- --epochs 1 what follows -- is for the script

The script runs as `python script.py` would run it, once and to its end; what its variables then hold is drawn. A loop
is best cut to one step: every recorded operation keeps a copy of its values.
"""
#: Which options change which forms.
_DRAWN = {"title", "max_nodes", "fold", "rankdir"}
_OPTIONS = {".svg": {*_DRAWN, "theme"}, ".html": {*_DRAWN, "theme"}, ".tex": {"title"}}
_OPTIONS |= dict.fromkeys((".dot", ".gv", ".pdf", ".png"), _DRAWN)


class _UsageError(Exception):
    """Something in the command does not fit the script."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, 1 if the script failed, or 2 if the command does not fit it.

    Args:
        arguments: what follows `python -m autograd_np.viz`; those of this process if not given.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    here, after = (given[: given.index("--")], given[given.index("--") + 1 :]) if "--" in given else (given, [])
    chosen = _parser().parse_args(here)
    try:
        return _run(chosen, after)
    except (_UsageError, AutogradError, OSError, ValueError, TypeError) as error:
        sys.stderr.write(f"autograd_np.viz: {error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m autograd_np.viz",
        usage="%(prog)s script.py[:name] [-o file] [options] [-- arguments of the script]",
        description="Run a script, unchanged, and draw the computation of one of its tensors with the chain rule.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "target",
        metavar="script.py[:name]",
        help="the script, and what to draw: a global such as loss (the default), or a path such as trainer.loss",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="file",
        help="its ending names the form: .svg .html .tex .txt .json .dot .pdf .png, or .py for NumPy source "
        "(default: the script's name with .svg)",
    )
    parser.add_argument(
        "--level",
        choices=("record", "train"),
        default="record",
        help="what is recorded while the script runs: everything (default), or only what training needs; values that "
        "were not kept are then missing in the picture",
    )
    parser.add_argument("--explain", metavar="x", help="print the largest paths from this tensor, and highlight them")
    parser.add_argument("--paths", metavar="k", type=int, default=20, help="how many paths to explain (default: 20)")
    parser.add_argument("--title", help="heading of the picture")
    parser.add_argument("--theme", choices=("auto", "light", "dark"), help="colours of .svg and .html")
    parser.add_argument("--rankdir", choices=("LR", "TB"), help="from left to right, or from top to bottom")
    parser.add_argument("--max-nodes", metavar="n", type=int, help="how many cards before parts are folded")
    parser.add_argument("--no-fold", dest="fold", action="store_false", default=None, help="draw every node")
    return parser


def _run(chosen: argparse.Namespace, after: Sequence[str]) -> int:
    script, name = _split(chosen.target)
    output = Path(chosen.output) if chosen.output else script.with_suffix(".svg")
    options = {
        key: getattr(chosen, key)
        for key in ("title", "theme", "rankdir", "max_nodes", "fold")
        if getattr(chosen, key) is not None
    }
    foreign = options.keys() - _OPTIONS.get(output.suffix.lower(), set())
    if foreign:
        words = ", ".join("--no-fold" if key == "fold" else f"--{key.replace('_', '-')}" for key in sorted(foreign))
        message = f"{words} changes nothing in a {output.suffix} file"
        raise _UsageError(message)
    if not output.parent.is_dir():
        message = f"cannot write {output}: there is no folder {output.parent}"
        raise _UsageError(message)
    try:
        found = _globals_after(script, after, recording=chosen.level == "record")
    except _ScriptError:
        return 1
    tensor = _tensor(script, found, name)
    names = {**found, name: tensor}
    if output.suffix.lower() == ".py":
        to_numpy_source(tensor, names=names).save(output)
        sys.stdout.write(f"{output}: {name} and its gradients in NumPy\n")
        return 0
    graph = trace(tensor, names=names)
    if chosen.explain is not None:
        explanation = explain(tensor, _tensor(script, found, chosen.explain), chosen.paths, names=names)
        sys.stdout.write(f"{explanation}\n")
        graph = graph.highlighted(explanation)
    graph.save(output, **options)
    sys.stdout.write(f"{output}: {_counted(graph)}\n")
    return 0


def _split(target: str) -> tuple[Path, str]:
    """Return script and name; the colon of a drive before a path is no separator."""
    head, colon, tail = target.rpartition(":")
    script, name = (Path(head), tail) if colon and not set(tail) & {"/", "\\"} else (Path(target), "loss")
    if not script.is_file():
        message = f"there is no script {script}{_did_you_mean(script.name, _scripts(script.parent))}"
        raise _UsageError(message)
    if not name:
        message = f"{target}: name the tensor after the colon, as in {script.name}:loss"
        raise _UsageError(message)
    return script, name


def _scripts(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("*.py")] if folder.is_dir() else []


def _did_you_mean(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=3)
    return f"\n  did you mean {' or '.join(close)}?" if close else ""


# --- the script -----------------------------------------------------------------------------------------------------


class _ScriptError(Exception):
    """The script raised; its traceback was printed."""


@contextlib.contextmanager
def _as_main(script: Path, arguments: Sequence[str]) -> Iterator[None]:
    """Set what a script sees of its command: its arguments, and its folder as the first place of its imports."""
    argv, path = sys.argv, list(sys.path)
    sys.argv = [str(script), *arguments]
    sys.path.insert(0, str(script.resolve().parent))
    try:
        yield
    finally:
        sys.argv, sys.path[:] = argv, path


def _globals_after(script: Path, arguments: Sequence[str], *, recording: bool) -> Mapping[str, Any]:
    """Run a script and return its variables at its end.

    Raises: _ScriptError if it raised, with its traceback printed as Python prints it.
    """
    with _as_main(script, arguments), record() if recording else contextlib.nullcontext():
        try:
            return runpy.run_path(str(script), run_name="__main__")
        except SystemExit as stop:
            if stop.code not in (None, 0):
                sys.stderr.write(f"autograd_np.viz: {script.name} ended by exit({stop.code!r}); nothing was drawn\n")
                raise _ScriptError from None
            return _variables_at(stop.__traceback__, script)
        except BaseException as error:  # noqa: BLE001 (scripts raise what they like, and interrupts are theirs too)
            own = _within(error.__traceback__, script)
            traceback.print_exception(type(error), error, own)
            sys.stderr.write(f"autograd_np.viz: {script.name} raised; nothing was drawn\n")
            raise _ScriptError from None


def _within(trace: TracebackType | None, script: Path) -> TracebackType | None:
    """Return the part of a traceback that begins in the script; nothing of it for a script that does not compile."""
    while trace is not None and trace.tb_frame.f_code.co_filename != str(script):
        trace = trace.tb_next
    return trace


def _variables_at(trace: TracebackType | None, script: Path) -> Mapping[str, Any]:
    """Return the variables of a script that ended itself by sys.exit()."""
    own = _within(trace, script)
    return {} if own is None else own.tb_frame.f_globals


# --- what it left ---------------------------------------------------------------------------------------------------


def _tensor(script: Path, found: Mapping[str, Any], path: str) -> Tensor:
    """Return the tensor at a dotted path of names, keys and positions that starts at a script's variable."""
    first, *rest = path.split(".")
    if first not in found:
        tensors = [key for key, value in found.items() if isinstance(value, Tensor) and value.requires_grad]
        others = [key for key in found if not key.startswith("__") and key not in tensors]
        meant = _did_you_mean(first, [*tensors, *others])
        known = f"\n  tensors with a gradient: {', '.join(tensors[:12])}" if tensors else ""
        local = (
            "" if tensors else "\n  fix: variables of functions are gone when these end; return the tensor to a global"
        )
        message = f"{script.name} has no variable {first!r} at its end{meant}{known}{local}"
        raise _UsageError(message)
    value, walked = found[first], first
    for part in rest:
        value = _member(value, part, walked)
        walked = f"{walked}.{part}"
    if not isinstance(value, Tensor):
        hint = "\n  fix: draw the tensor itself, not its item()" if isinstance(value, (float, int)) else ""
        message = f"{path} is no Tensor but a {type(value).__name__}{hint}"
        raise _UsageError(message)
    if not value.requires_grad:
        message = (
            f"{path} of shape {value.shape} has no gradient: nothing that it was computed from requires one, or it was "
            "computed inside no_grad() or detached"
        )
        raise _UsageError(message)
    return value


def _member(value: Any, part: str, walked: str) -> Any:
    if isinstance(value, Mapping) and part in value:
        return value[part]
    if isinstance(value, Sequence) and part.lstrip("-").isdigit() and -len(value) <= int(part) < len(value):
        return value[int(part)]
    if hasattr(value, part):
        return getattr(value, part)
    known = list(map(str, value)) if isinstance(value, Mapping) else [k for k in dir(value) if not k.startswith("_")]
    size = f" of {len(value)} elements" if isinstance(value, Sequence) else ""
    message = f"{walked}, a {type(value).__name__}{size}, has no {part!r}{_did_you_mean(part, known)}"
    raise _UsageError(message)


def _counted(graph: Graph) -> str:
    operations = sum(1 for node in graph.nodes if node.op)
    leaves = sum(1 for node in graph.nodes if not node.op and node.role != "constant")
    return f"{operations:,} operation{'' if operations == 1 else 's'}, {leaves:,} lea{'f' if leaves == 1 else 'ves'}"

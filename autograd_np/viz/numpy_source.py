"""A recorded computation as a program: its forward and its backward, line by line, in plain NumPy."""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograd_np.core import Port, Tensor, as_tensor
from autograd_np.errors import GraphError, ShapeError, UnsupportedError, aligned_shapes
from autograd_np.viz.model import reachable
from autograd_np.viz.names import given_names, node_names
from autograd_np.viz.program import Writer, laid_out, shortest
from autograd_np.viz.transcript import Transcript, agree

__all__ = ["NumpySource", "to_numpy_source"]

#: Inputs up to this many elements are written into the file; larger ones lie in an .npz beside it.
INLINE = 64

_HEAD = '''"""{output} and its gradients in plain NumPy, line by line, as autograd_np recorded and differentiated it.

Run as a script it prints them; `run` takes other values of the same shapes. Branches that were decided by values are
those of the recorded run.
"""
'''
_LOADING = (
    "\n# --- recorded inputs ----------------------------------------------------------------------------------------"
)
_MAIN = """

if __name__ == "__main__":
    output, gradients = run(**INPUTS)
    print({label!r}, output)
    for name, gradient in gradients.items():
        print(f"gradient of {{name}}:\\n{{gradient}}")
"""


class NumpySource:
    """A program that computes an output and its gradients with NumPy alone.

    Args:
        text: the program.
        inputs: what its function `run` takes: the values of leaves and constants, by the names of its arguments.
        beside: names of those inputs that are not in the text but in an .npz file beside it.
    """

    def __init__(self, text: str, inputs: Mapping[str, Any], beside: frozenset[str]) -> None:
        self.text = text
        self.inputs = dict(inputs)
        self.beside = beside

    def save(self, path: str | os.PathLike[str]) -> str:
        """Write the program, and large inputs as an .npz of the same name beside it; return the path."""
        target = Path(path)
        target.write_text(self.text, encoding="utf-8")
        if self.beside:
            np.savez(target.with_suffix(".npz"), **{name: self.inputs[name] for name in sorted(self.beside)})
        return str(target)

    def run(self, **inputs: Any) -> tuple[Any, dict[str, Any]]:
        """Run the program here; return the output and the gradients by the names of the drawing.

        Args:
            inputs: arrays in place of recorded ones.
        """
        place: dict[str, Any] = {"__name__": "numpy_source"}
        # Large inputs are given to the function, so that nothing is read from a file.
        lines = self.text.split(_LOADING)[0] if self.beside else self.text
        exec(compile(lines, "<numpy source>", "exec"), place)  # noqa: S102 (the program that was written here)
        found: tuple[Any, dict[str, Any]] = place["run"](**{**self.inputs, **inputs})
        return found

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        lines = self.text.count("\n")
        return f"<NumPy source of {lines} lines, inputs {', '.join(self.inputs)}>"


_PATHLIB = ("from pathlib import Path",)


def to_numpy_source(loss: Tensor, *, gradient: Any = None, names: Any = None, params: Any = None) -> NumpySource:
    r"""Return a recorded computation as a program: every forward line, and every backward line that the rules gave.

    The lines come from running kernels and rules again on arrays that log what is done with them. Names are those of
    the picture, shapes stand in comments, and the kernels that are more than a line or two of NumPy are copied as
    functions, so that the program needs nothing but NumPy. The output must have been computed inside `record()`;
    backward() may have run since. Hooks are not run.

    Args:
        loss: the output.
        gradient: cotangent to start with; 1 for a single element.
        names: a mapping of names to tensors or modules (`locals()` serves), or a module.
        params: the same, for parameters.

    Raises:
        GraphError: if the output is no part of a graph, has several elements and no gradient, or was not recorded.
        ShapeError: if the gradient does not have the output's shape.
        MutationError: if a value was changed in between by something that was not recorded.
        UnsupportedError: for users' Functions, and for rules and kernels that have no source.

    Example:
        >>> import autograd_np as ag
        >>> x = ag.tensor(2.0, requires_grad=True)
        >>> with ag.record():
        ...     L = (x * x + 1).log()
        >>> source = to_numpy_source(L, names={"x": x, "L": L})
        >>> print("\n".join(line for line in source.text.splitlines() if line.startswith("    ") and " = " in line))
            v1 = x * x ...
            v2 = v1 + 1
            L = np.log(v2)
            d_L = np.ones((), np.float32)
            d_v2 = d_L / v2
            d_v1 = d_v2
            t1 = d_v1 * x
            d_x = t1
            d_x = d_x + t1
            ...
        >>> output, gradients = source.run()
        >>> bool(gradients["x"] == 0.8)
        True
    """
    if not isinstance(loss, Tensor):
        message = f"to_numpy_source: expected a Tensor, got {type(loss).__name__}"
        raise TypeError(message)
    loss._live()
    root = loss._node
    if root is None:
        message = (
            f"to_numpy_source: the output of shape {loss.shape} is no part of a recorded computation\n"
            "  fix: x.requires_grad_() before computing it"
        )
        raise GraphError(message)
    cotangent = _cotangent(loss, gradient)
    order = reachable(root)
    ports = [node for node in order if isinstance(node, Port)]
    nodes = [node for node in order if not isinstance(node, Port)]
    called = {node: name for node, (name, _) in node_names(nodes, ports, given_names(names, params), loss).items()}
    title = called[root.edges[0]] if isinstance(root, Port) and root.edges[0] is not None else called[root]
    script = Transcript(order, called, root, cotangent)
    source = _written(script, called, title)
    _check(source, script, called)
    return source


def _check(source: NumpySource, script: Transcript, called: Mapping[Any, str]) -> None:
    """Raise unless the program computes what its transcript computed."""
    with np.errstate(all="ignore"):
        output, gradients = source.run()
    expected = {called[leaf]: g.value for leaf, g in script.gradients.items()}
    wrong = [name for name, value in expected.items() if not agree(gradients[name], value)]
    if wrong or not agree(output, script.output.value):
        message = (
            f"to_numpy_source: the program as written gives another {', '.join(wrong) or 'output'}\n"
            "  fix: a kernel or rule wrote in place where none may, or kept something between two calls"
        )
        raise UnsupportedError(message)


def _cotangent(loss: Tensor, gradient: Any) -> Any:
    if gradient is None:
        if loss.numel() != 1:
            message = (
                f"to_numpy_source: the output has shape {loss.shape}\n"
                "  fix: reduce it first, as in y.sum(), or pass gradient= of that shape"
            )
            raise GraphError(message)
        return None
    array = as_tensor(gradient)._array
    if array.shape != loss.shape:
        shapes = aligned_shapes({"output": loss.shape, "gradient": array.shape})
        message = f"to_numpy_source: the gradient's shape must be the output's\n{shapes}"
        raise ShapeError(message)
    return array.astype(loss.dtype, copy=False)


def _written(script: Transcript, called: Mapping[Any, str], title: str) -> NumpySource:
    """Return the program of a transcript."""
    gradients = {called[leaf]: g for leaf, g in sorted(script.gradients.items(), key=lambda pair: pair[0].serial)}
    settings = {key: name for key, (name, _) in script.settings.items()}
    taken = {*script.copier.taken, *settings.values(), "run", "slice", "INPUTS", "Path"}
    writer = Writer(script.log.entries, [script.output, *gradients.values()], script.copier, settings, taken)
    inputs = {writer.name(entry): entry.value for entry in script.inputs if entry in writer.live}
    lines = list(writer.lines("    "))
    output = ast.unparse(writer.expression(script.output))
    returned = ", ".join(f"{name!r}: {writer.name(g)}" for name, g in gradients.items())
    run = [
        *laid_out(f"def run({', '.join(inputs)}):", "", ""),
        f'    """Return {_plain(title)} and the gradient of every input that required one, by name."""',
        *lines,
        *laid_out(f"return {output}, {{{returned}}}", "", "    "),
    ]
    # After the body: its expressions and those of settings say what has to be copied and imported.
    defined = [f"{name} = {ast.unparse(writer.definition(value))}" for name, value in script.settings.values()]
    beside = frozenset(name for name, value in inputs.items() if value.size > INLINE)
    imports = sorted({*script.copier.imports, *(_PATHLIB if beside else ())} - {"import numpy as np"})
    head = "\n".join([*(line for line in imports if "numpy" not in line), "", "import numpy as np"]).strip()
    head += "".join(f"\n{line}" for line in imports if "numpy" in line)
    parts = [f"{_HEAD.format(output=_plain(title))}\n{head}", "\n".join(run)]
    if script.copier.texts:
        parts.append(_heading("kernels"))
        parts += script.copier.texts.values()
    if defined:
        parts += [_heading("settings"), "\n".join(line for text in defined for line in laid_out(text, "", ""))]
    text = "\n\n\n".join(parts) + "\n\n" + _stored(writer, inputs, beside) + _MAIN.format(label=f"{title} =")
    return NumpySource(text, inputs, beside)


def _heading(text: str) -> str:
    return f"# --- {text} {'-' * (106 - len(text))}"


def _stored(writer: Writer, inputs: Mapping[str, Any], beside: frozenset[str]) -> str:
    """Return the lines that define the recorded inputs."""
    lines = [_LOADING, "", "INPUTS = {"]
    for name, value in inputs.items():
        if name not in beside:
            made = f"np.array({ast.unparse(writer.literal(shortest(value)))}, np.{value.dtype.type.__name__})"
            made = made if value.size else ast.unparse(writer.literal(value))
            lines += laid_out(f"{name!r}: {made},", "", "    ")
    lines.append("}")
    if beside:
        lines.append('INPUTS.update(np.load(Path(__file__).with_suffix(".npz")))')
    return "\n".join(lines) + "\n"


def _plain(name: str) -> str:
    """Return a name that no docstring can be ended by."""
    return name.replace("\\", "/").replace('"', "'")

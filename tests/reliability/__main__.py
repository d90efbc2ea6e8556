"""The command: `python -m tests.reliability [names] [--full]`.

Without --full the short versions run and their tables are printed; with it the long ones run, and their tables are
written into RELIABILITY.md.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback

from tests.reliability.rows import FILE, Row, Subject, subjects, with_table


def main() -> int:
    """Run the subjects that are named, all of them if none is; return 1 if one failed."""
    known = subjects()
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="subject", help=f"some of: {', '.join(known)}")
    parser.add_argument("--full", action="store_true", help="the long versions, which rewrite their tables")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"there is no subject {unknown[0]!r}; there are {', '.join(known)}")
    failed = False
    for name in options.names or known:
        rows, fails = _run(known[name], full=options.full)
        failed = failed or fails
        if options.full:
            FILE.write_text(with_table(FILE.read_text("utf-8"), known[name], rows), "utf-8")
    return int(failed)


def _run(subject: Subject, *, full: bool) -> tuple[list[Row], bool]:
    """Return a subject's rows, and whether it failed: then the last row says how."""
    sys.stdout.write(f"{subject.name}: {subject.title}\n")
    rows, start = [], time.perf_counter()
    try:
        for row in subject.rows(full):
            rows.append(row)
            sys.stdout.write(f"  {row.what}: {row.times}  ({row.seconds:.1f} s)\n")
            sys.stdout.flush()
    except Exception as error:  # noqa: BLE001 - whatever it is, the table says so
        traceback.print_exc()
        message = f"FAILED: {type(error).__name__}: {str(error)[:300]}"
        rows.append(Row("what comes next", "-", message, time.perf_counter() - start))
        return rows, True
    return rows, False


if __name__ == "__main__":
    sys.exit(main())

"""`python -m forensics`, the same as `awslogs-forensics`."""

import os
import sys


def main() -> None:
    """Enter the command line. Worker processes load this module, too, and need none of that."""
    _hold_streams()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's threads wait busily, for nothing
    from forensics.cli import main as enter  # noqa: PLC0415

    enter()


def _hold_streams() -> None:
    """Put nothing in place of a closed stream, lest a case be opened there and talked into."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


if __name__ == "__main__":
    main()

"""Writes made-up AWS logs: `python -m benchmarks.generate cloudtrail --rows 200000 --out DIR`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.generators import FORMATS, LogFormat, Plan, deliver, rows_that_fill, uncompressed

GIB = 1 << 30


class Shape(StrEnum):
    """How units are spread over files when neither number is given."""

    USUAL = "usual"
    MANY_SMALL = "many-small"
    FEW_BIG = "few-big"
    HUGE = "huge"


SHAPES = {  # rows, files
    Shape.USUAL: (200_000, 200),
    Shape.MANY_SMALL: (150_000, 10_000),
    Shape.FEW_BIG: (400_000, 12),  # CloudTrail cuts its files at 50 MB
    Shape.HUGE: (1, 1),  # rows follow from the size that is asked for
}

application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def plan_of(log: LogFormat, shape: Shape, plan: Plan, gib: float) -> Plan:
    """The plan with the numbers of the shape where none were asked for (0)."""
    rows, files = SHAPES[shape]
    plan = plan._replace(rows=plan.rows or rows, files=plan.files or files)
    if shape is Shape.HUGE:
        plan = plan._replace(rows=rows_that_fill(log, round(gib * GIB), plan))
    return plan


@application.command()
def generate(
    log_format: Annotated[str, typer.Argument(metavar="|".join(FORMATS))],
    *,
    out: Annotated[Path, typer.Option(help="folder to write into")],
    rows: Annotated[int, typer.Option("--rows", "--events", min=0)] = 0,
    files: Annotated[int, typer.Option(min=0)] = 0,
    seed: int = 7,
    shape: Annotated[Shape, typer.Option(help="rows and files, unless given")] = Shape.USUAL,
    gib: Annotated[float, typer.Option(help="size of the huge file, before gzip")] = 1.0,
    plain: Annotated[bool, typer.Option(help="neither gzip nor its suffix")] = False,
    odd: Annotated[float, typer.Option(min=0, max=1, help="share of odd lines")] = 0.0,
    unknown_key: Annotated[bool, typer.Option(help="a key AWS never wrote")] = False,
) -> None:
    """Write logs of one format below --out, with the keys under which AWS delivers them.

    Equal options give equal bytes. The shape `huge` is one file of --gib GiB, written in pieces.
    """
    if log_format not in FORMATS:
        raise typer.BadParameter(f"{log_format}: not one of {', '.join(FORMATS)}")
    log = FORMATS[log_format]
    asked = Plan(rows, files, seed, odd, unknown_key)
    try:
        plan = plan_of(log, shape, asked, gib)
        paths = deliver(uncompressed(log) if plain else log, plan, out)
    except ValueError as refusal:
        raise typer.BadParameter(str(refusal)) from refusal
    stored = sum(path.stat().st_size for path in paths)
    print(f"{plan.rows} units in {len(paths)} files, {stored} bytes below {out}")


if __name__ == "__main__":
    application()

"""`queries`, `explain`, `query`, `hunt` and `stats`: the questions, and their answers."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forensics.cli.app import DEFAULT_DB, NAME, AsJson, Db, Format, Limit, Reveal, Zone, app
from forensics.cli.scoped import Account, From, Lists, Region, Services, To, scope_of
from forensics.cli.telling import print_rows, tell
from forensics.output.forms import Form
from forensics.output.streams import emit, say

if TYPE_CHECKING:
    from forensics.investigations.questions import Query

FEW = 100
Params = Annotated[
    list[str] | None, typer.Option("--param", "-p", help="A parameter of the query, as name=value.")
]


@app.command()
def queries(
    word: Annotated[str, typer.Argument(help="Only queries that mention this.")] = "",
    group: Annotated[str, typer.Option(help="Only this group, like who or data.")] = "",
    tier: Annotated[str, typer.Option(help="Only this tier: must, should or could.")] = "",
    form: Format = Form.table,
) -> None:
    """List the questions that can be asked, by group.

    Example: awslogs-forensics queries snapshot
    """
    import pyarrow as pa

    from forensics.investigations.attack import current
    from forensics.investigations.questions import catalogue

    rows = [
        {
            "query": query.id,
            "group": query.group,
            "tier": query.header.tier,
            "question": query.header.question,
            "tables": " ".join(query.header.tables),
            "attack": " ".join(query.header.attack),
        }
        for query in catalogue()
        if any(query.mentions(each) for each in current(word))
        and group in ("", query.group)
        and tier in ("", query.header.tier)
    ]
    if not rows:
        say(f"no query mentions {word!r}; `queries` lists them all")
    print_rows(pa.Table.from_pylist(rows), form)


@app.command()
def explain(
    name: Annotated[str, typer.Argument(help="Query, as listed by `queries`, or an .sql file.")],
    as_json: AsJson = False,
) -> None:
    """What a query asks and how: meaning of a hit, limits, parameters, and its SQL.

    Example: awslogs-forensics explain log-tampering
    """
    import msgspec

    from forensics.investigations.questions import find

    query = find(name)
    if as_json:
        header = msgspec.to_builtins(query.header)
        said = {"id": query.id, "group": query.group, **header, "sql": query.sql}
        emit((json.dumps(said, ensure_ascii=False) + "\n").encode())
        return
    emit("\n".join(_explained(query)).encode() + b"\n")


def _explained(query: Query) -> list[str]:
    from forensics.investigations.attack import named

    header = query.header
    lines = [header.title, header.question, "", f"A hit    {header.hit}"]
    lines += [f"Benign   {each}" for each in header.benign]
    lines += [f"Limit    {each}" for each in header.limits]
    lines += [f"ATT&CK   {named(each)}" for each in header.attack]
    lines += [
        f"Asks     {', '.join(header.tables)}"
        + (" (the window is seen to by the SQL)" * (header.window == "self")),
        f"See      {header.reference}",
    ]
    lines += [f"List     {each}" for each in header.lists]
    for key, each in header.params.items():
        default = "required" if each.default is None else f"default {each.default!r}"
        lines.append(f"Param    {key} ({each.type}, {default}): {each.about}")
    body = [line for line in query.sql.splitlines() if not line.startswith("--|")]
    return [*lines, "", *"\n".join(body).strip().splitlines()]


@app.command()
def query(
    name: Annotated[str, typer.Argument(help="Query, as listed by `queries`, or an .sql file.")],
    db: Db = DEFAULT_DB,
    param: Params = None,
    start: From = "",
    end: To = "",
    account: Account = "",
    region: Region = "",
    services: Services = False,
    lists: Lists = None,
    limit: Limit = FEW,
    form: Format = Form.table,
    tz: Zone = "",
    reveal: Reveal = False,
) -> None:
    """Answer one question from the evidence; what limits the answer goes to standard error.

    Example: awslogs-forensics query session-chain --param of=AdminRole
    """
    from forensics.evidence import Case
    from forensics.investigations.questions import find
    from forensics.investigations.runner import ask

    find(name)  # a name nobody knows is told before a case that is not there
    scope = scope_of(
        start, end, account=account, region=region, services=services, limit=limit, zone=tz
    )
    with Case.for_reading(db) as case:
        answer = ask(case, name, _given(param), scope, lists)
    print_rows(answer.rows, form, tz, reveal)
    tell(answer, db, limit)


def _given(param: list[str] | None) -> dict[str, Any]:
    from forensics.errors import UsageError

    given = {}
    for each in param or []:
        key, equals, value = each.partition("=")
        if not equals:
            raise UsageError(f"--param {each}: no value", hint="write --param name=value")
        given[key.strip()] = value
    return given


@app.command("hunt")
def hunt_command(
    db: Db = DEFAULT_DB,
    tier: Annotated[str, typer.Option(help="must, should (both) or could (all).")] = "must",
    start: From = "",
    end: To = "",
    account: Account = "",
    region: Region = "",
    services: Services = False,
    lists: Lists = None,
    form: Format = Form.table,
    tz: Zone = "",
) -> None:
    """Ask every question that can be a finding, and rank what was found.

    Example: awslogs-forensics hunt --from 2024-05-01T00:00Z
    """
    from forensics.errors import UsageError
    from forensics.evidence import Case
    from forensics.investigations.hunting import TIERS, hunt

    if tier not in TIERS:
        raise UsageError(f"--tier {tier}", hint=", ".join(TIERS))
    scope = scope_of(start, end, account=account, region=region, services=services, zone=tz)
    with Case.for_reading(db) as case:
        found = hunt(case, scope, tier=tier, list_folder=lists)
    print_rows(found.findings, form, tz)
    for note in found.notes:
        say(f"note: {note}")
    say(f"{found.findings.num_rows} of {found.asked} questions found something")
    if found.findings.num_rows:
        best = found.findings.column("query")[0].as_py()
        say(f"next: {NAME} query {best} --db {shlex.quote(str(db))}")


@app.command("stats")
def stats_command(
    template: Annotated[
        str, typer.Argument(help="count, over-time, top, percentiles or first-last.")
    ],
    table: Annotated[str, typer.Argument(help="A table, as listed by `formats`, or events.")],
    columns: Annotated[
        list[str] | None,
        typer.Argument(help="Columns to group by, like eventName or requestParameters.bucketName."),
    ] = None,
    db: Db = DEFAULT_DB,
    measure: Annotated[str, typer.Option(help="The number to add up or divide.")] = "",
    step: Annotated[str, typer.Option(help="minute, hour, day, week or month.")] = "hour",
    where: Annotated[str, typer.Option(help="Only rows that meet this condition in SQL.")] = "",
    start: From = "",
    end: To = "",
    account: Account = "",
    region: Region = "",
    limit: Limit = FEW,
    form: Format = Form.table,
    tz: Zone = "",
) -> None:
    """Count rows of any table: by value, over time, by size, by first and last.

    Example: awslogs-forensics stats top vpc_flow srcaddr dstaddr --measure bytes
    """
    from forensics.evidence import Case
    from forensics.investigations.stats import Count, stats

    scope = scope_of(start, end, account=account, region=region, limit=limit, zone=tz)
    count = Count(template, table, tuple(columns or ()), measure, step, where)  # type: ignore[arg-type]  # checked there
    with Case.for_reading(db) as case:
        rows = stats(case, count, scope)
    if limit and rows.num_rows > limit:
        rows = rows.slice(0, limit)
        say(f"only the first {limit} rows are shown; --limit 0 shows all")
    print_rows(rows, form, tz)

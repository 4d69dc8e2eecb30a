"""`engage chaos`: nothing lost, nothing said twice, shown under violence."""

from enum import StrEnum
from typing import Annotated

import typer


class Settle(StrEnum):
    """How the sandbox's lost answers are settled."""

    KEY = "key"
    READBACK = "readback"
    PARK = "park"


def register(app: typer.Typer) -> None:
    app.command()(chaos)


def chaos(
    events: Annotated[int, typer.Option(min=1, help="Messages that followers write")] = 1500,
    kills: Annotated[int, typer.Option(min=0, help="kill -9 of workers, listener and receiver, amid their steps")] = 20,
    flush: Annotated[int, typer.Option(min=0, help="How often Redis is emptied and killed")] = 1,
    stops: Annotated[int, typer.Option(min=0, help="How often a worker is frozen")] = 0,
    freeze: Annotated[float, typer.Option(min=1, help="Seconds a frozen worker stays so")] = 60,
    db_stops: Annotated[int, typer.Option(min=0, help="How often the database is stopped at once")] = 0,
    restarts: Annotated[int, typer.Option(min=0, help="How often a worker is told to end (SIGTERM), in turn")] = 0,
    proxy: Annotated[bool, typer.Option(help="Whether a bad network stands before the platform")] = True,
    database: Annotated[str, typer.Option(help="URL of an empty one, `pg`: one of its own; default: SQLite")] = "",
    settle: Annotated[Settle, typer.Option(help="How a lost answer is settled")] = Settle.KEY,
    seed: Annotated[int, typer.Option(help="Of the schedule")] = 1,
    baseline: Annotated[bool, typer.Option(help="Whether stock Celery suffers the same afterwards")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False,
) -> int:
    """A whole stack on a network of its own, killed, emptied and lied to; counts what is lost or doubled."""
    from workers.chaos.run import Plan, run
    from workers.cli.console import complain, put, table

    plan = Plan(
        events=events,
        kills=kills,
        flushes=flush,
        freezes=stops,
        freeze_seconds=freeze,
        database_stops=db_stops,
        restarts=restarts,
        proxy=proxy,
        settle=settle.value,
        database=database,
        seed=seed,
    )
    found = run(plan, complain)
    if baseline:
        from workers.chaos.baseline import run as run_baseline

        found["baseline"] = run_baseline(events, kills, flush, seed, complain)
    if as_json:
        put(found)
    else:
        table("engage chaos", ["figure", "value"], [[key, str(value)] for key, value in found.items()])
    certain = found["uncertain"] == 0 or settle is Settle.PARK
    return 0 if found["lost"] == found["duplicates"] == found["late_exits"] == 0 and certain else 1

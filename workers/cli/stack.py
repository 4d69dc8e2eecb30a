"""`engage up`, `engage doctor`, `engage demo`: the running stack."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command()(up)
    app.command()(doctor)
    app.command()(demo)


def up(
    only: Annotated[list[str] | None, typer.Option(help="Start only these processes of the Procfile")] = None,
) -> int:
    """Start the processes of the Procfile."""
    from engage.settings import load
    from workers import up as starter

    return starter.run(load(), only or [])


def doctor(
    account: Annotated[str, typer.Option(help="Only this account, by id: asks its platform")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False,
) -> int:
    """Check database, Redis, Chroma, model, clock, accounts and webhooks; say what to fix."""
    from engage.settings import load
    from workers import doctor as checks
    from workers.cli.console import put, table

    found = checks.examine_account(load(), account) if account else checks.examine(load())
    if as_json:
        put([check.as_dict() for check in found])
    else:
        table("engage doctor", ["", "what", "found", "fix"], [check.as_row() for check in found])
    return 1 if any(check.state == "fail" for check in found) else 0


def demo() -> int:
    """The whole stack on free local ports, with sample creators and followers on a small network of its own."""
    from workers.demo import show

    return show.run()

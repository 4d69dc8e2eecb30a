"""`engage keys`: what the stored credentials are locked with, and how that is changed."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from workers.cli.context import opened

KEYS = typer.Typer(help="Keys that lock the stored credentials; never the keys themselves.")
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable")]
Copied = Annotated[bool, typer.Option("--copied", help="The key file is the same on all machines")]


def register(app: typer.Typer) -> None:
    app.add_typer(KEYS, name="keys")


@KEYS.callback(invoke_without_command=True)
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """How many keys there are, and what still needs the old ones."""
    from workers import rotating
    from workers.cli.console import put, table

    if context.invoked_subcommand is not None:
        return
    with opened() as ledger:
        use = rotating.use_of(ledger.db, ledger.settings.directory)
    if as_json:
        rows = [{"what": what, "key": _name(place), "rows": count} for (what, place), count in use.rows.items()]
        put({"keys": use.keys, "old": use.old, "unopened": use.unopened, "rows": rows})
        return
    lines = [[what, _name(place), str(count)] for (what, place), count in sorted(use.rows.items(), key=str)]
    table(f"{use.keys} keys", ["what", "locked with", "rows"], lines)


def _name(place: int | None) -> str:
    return "no key of the file" if place is None else "the first key" if place == 0 else f"old key {place}"


@KEYS.command("rotate")
def rotate(
    use_last: Annotated[bool, typer.Option("--use-last", help="Take the key that `engage keys add` made")] = False,
    copied: Copied = False,
) -> None:
    """A new first key, and everything locked anew with it. Run again, it goes on where it was stopped."""
    from workers import rotating
    from workers.cli.console import put, say

    with opened() as ledger:
        done = rotating.rotate(ledger.db, ledger.settings.directory, use_last=use_last, alone=copied)
    put({"resumed": done.resumed, "locked_anew": done.locked_anew, "keys": done.keys})
    if done.keys > 1:
        say("The old keys are still in the file: `engage keys retire` takes them out when nothing needs them.")


@KEYS.command("add")
def add() -> None:
    """A key that opens and locks nothing yet: to be copied to all machines before `engage keys rotate --use-last`."""
    from workers import rotating
    from workers.cli.console import put

    with opened() as ledger:
        put({"keys": rotating.add(ledger.settings.directory)})


@KEYS.command("retire")
def retire(copied: Copied = False) -> None:
    """Take the old keys out of the file, where nothing needs them any more."""
    from workers import rotating
    from workers.cli.console import put

    with opened() as ledger:
        put({"retired": rotating.retire(ledger.db, ledger.settings.directory, datetime.now(UTC), alone=copied)})

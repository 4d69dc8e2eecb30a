"""Creators, accounts, and the kill switch."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from engage.models import Freedom
from workers.cli.context import opened

CREATORS = typer.Typer(no_args_is_help=True, help="Add, change and list creators.")


def register(app: typer.Typer) -> None:
    app.add_typer(CREATORS, name="creator")
    app.command()(pause)
    app.command()(resume)
    app.command()(disconnect)
    app.command()(hide)


@CREATORS.command("add")
def add(
    name: str,
    display_name: Annotated[str, typer.Option(help="How followers know them")] = "",
    language: Annotated[str, typer.Option(help="Two-letter code of the language they write")] = "en",
    bio: Annotated[str, typer.Option(help="One sentence about them")] = "",
    link: Annotated[list[str] | None, typer.Option(help="Host or address that replies may link to")] = None,
    avoid: Annotated[list[str] | None, typer.Option(help="Topic that is left to the creator")] = None,
) -> None:
    """Add a creator."""
    from engage.ledger.creators import add_creator
    from engage.models import Persona
    from engage.personas import checked
    from workers.cli.console import put

    persona = Persona(
        id="",
        name=name,
        display_name=display_name or name,
        language=language,
        bio=bio,
        allowed_links=tuple(link or ()),
        avoid_topics=tuple(avoid or ()),
    )
    with opened() as ledger, ledger.db.transaction() as tx:
        made = add_creator(tx, checked(persona), datetime.now(UTC))
    put({"id": made.id, "name": made.name})


@CREATORS.command("set")
def change(
    name: str,
    display_name: Annotated[str | None, typer.Option(help="How followers know them")] = None,
    language: Annotated[str | None, typer.Option(help="Two-letter code of the language they write")] = None,
    bio: Annotated[str | None, typer.Option(help="One sentence about them")] = None,
    link: Annotated[
        list[str] | None, typer.Option(help="Host or address that replies may link to; replaces all")
    ] = None,
    avoid: Annotated[list[str] | None, typer.Option(help="Topic that is left to the creator; replaces all")] = None,
    freedom: Annotated[Freedom | None, typer.Option(help="How freely the avatar words what it says")] = None,
    loosen: Annotated[str, typer.Option(help="Rule of docs/disclosure.md to loosen; needs --who and --why")] = "",
    tighten: Annotated[str, typer.Option(help="Rule to keep again")] = "",
    who: Annotated[str, typer.Option(help="Who answers for it")] = "",
    why: Annotated[str, typer.Option(help="Why it is loosened; kept with the name and the time")] = "",
) -> None:
    """Change what is known of a creator. What is not given stays."""
    from dataclasses import asdict, replace

    from engage.ledger import overrides
    from engage.ledger.creators import update_persona
    from engage.personas import checked
    from workers.cli.console import put

    given: dict[str, Any] = {
        "display_name": display_name,
        "language": language,
        "bio": bio,
        "allowed_links": None if link is None else tuple(link),
        "avoid_topics": None if avoid is None else tuple(avoid),
        "freedom": freedom,
    }
    with opened() as ledger:
        changed = {key: value for key, value in given.items() if value is not None}
        persona = checked(replace(ledger.creator(name), **changed))
        with ledger.db.transaction() as tx:
            update_persona(tx, persona)
            if loosen:
                overrides.loosen(tx, persona.id, loosen, who, why, datetime.now(UTC))
            if tighten:
                overrides.tighten(tx, persona.id, tighten, who or "cli", datetime.now(UTC))
    put(asdict(persona))


@CREATORS.command("list")
def list_all(as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False) -> None:
    """List the creators with their accounts."""
    from engage.ledger.creators import list_accounts, list_creators
    from workers.cli.console import put, table

    with opened() as ledger, ledger.db.reading() as tx:
        found = [(who, paused, list_accounts(tx, who.id)) for who, paused in list_creators(tx)]
    rows: list[dict[str, Any]] = [
        {
            "id": who.id,
            "name": who.name,
            "display_name": who.display_name,
            "language": who.language,
            "paused": paused is not None,
            "accounts": [{"id": a.id, "platform": a.platform, "handle": a.handle, "state": a.state} for a in accounts],
        }
        for who, paused, accounts in found
    ]
    if as_json:
        put(rows)
        return
    columns = ["name", "display name", "language", "accounts", "paused"]
    table("Creators", columns, [_line(row) for row in rows])


def _line(row: dict[str, Any]) -> list[str]:
    accounts = "\n".join(f"{a['platform']} {a['handle']} ({a['state']}) {a['id']}" for a in row["accounts"])
    return [row["name"], row["display_name"], row["language"], accounts, "paused" if row["paused"] else ""]


Creator = Annotated[str, typer.Option(help="Only this creator")]
Account = Annotated[str, typer.Option(help="Only this account, by id")]


def pause(creator: Creator = "", account: Account = "") -> None:
    """The kill switch: nothing new is answered or posted from now on."""
    _switch(creator, account, on=True)


def resume(creator: Creator = "", account: Account = "") -> None:
    """Undo a pause, and end a raid at once."""
    _switch(creator, account, on=False)


def _switch(creator: str, account: str, *, on: bool) -> None:
    from engage.ledger import audit, creators, raids
    from workers import queues
    from workers.cli.console import put

    now = datetime.now(UTC)
    scope, subject, creator_id, ended = "everything", "", None, 0
    with opened() as ledger:
        quiet = timedelta(seconds=ledger.settings.raid_quiet)
        with ledger.db.transaction() as tx:
            if account:
                scope, subject = "account", account
                creator_id = creators.get_account(tx, account).creator_id
                creators.pause_account(tx, account, "paused by hand") if on else creators.resume_account(tx, account)
            elif creator:
                scope, subject = "creator", creator
                creator_id = creators.find_creator(tx, creator).id
                creators.pause_creator(tx, creator_id, now if on else None)
                ended = 0 if on else raids.end(tx, now, quiet, creator_id)
            else:
                creators.pause_everything(tx, now if on else None)
                ended = 0 if on else raids.end(tx, now, quiet)
            audit.record(tx, "cli", "pause" if on else "resume", creator_id, subject or scope, {}, now)
        if not on:
            ledger.wake(*queues.ALL)
    told = {**({"subject": subject} if subject else {}), **({"raids_ended": ended} if ended else {})}
    put({"paused": on, "scope": scope, **told})


def disconnect(account: Annotated[str, typer.Argument(help="The account, by id")]) -> None:
    """Take an account away from here: it is heard and answered no more, and its access is given back."""
    import asyncio

    from engage.secrets import Vault
    from workers import disconnecting
    from workers.cli.console import put

    with opened() as ledger:
        vault = Vault.at(ledger.settings.directory)
        left = asyncio.run(disconnecting.disconnect(ledger.db, vault, "cli", account))
    put({"account": account, "disconnected": True, **({"access_still_stands": left} if left else {})})


def hide(
    message: str,
    account: Annotated[str, typer.Option(help="The account, by id")],
    show: Annotated[bool, typer.Option(help="Show it again")] = False,
) -> None:
    """Take a follower's message, by the platform's id, out of sight on its platform, where that is possible."""
    import asyncio

    from engage.secrets import Vault
    from workers import moderating
    from workers.cli.console import put

    with opened() as ledger:
        vault = Vault.at(ledger.settings.directory)
        asyncio.run(moderating.hide(ledger.db, vault, "cli", account, message, hidden=not show))
    put({"message": message, "hidden": not show})

"""`engage app` and `engage connect`: applications and accounts on platforms."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from engage.grants import Consent, Field
from engage.settings import Settings
from workers.cli.context import opened

APPS = typer.Typer(no_args_is_help=True, help="Register applications with platforms.")
Values = Annotated[list[str] | None, typer.Option("--field", help="NAME=VALUE of what is no secret; the rest is asked")]


def register(app: typer.Typer) -> None:
    app.add_typer(APPS, name="app")
    app.command()(connect)


@APPS.command("set")
def set_app(platform: str, field: Values = None) -> None:
    """Enter what a platform's console says of the application; secrets are asked for and not shown."""
    from engage.secrets import Vault
    from workers import connecting
    from workers.cli.console import put

    way = connecting.way_of(platform)
    entered = _ask(way.app_fields, _given(field, way.app_fields), again="empty: as it is")
    with opened() as ledger, ledger.db.transaction() as tx:
        vault = Vault.at(ledger.settings.directory)
        connecting.set_app(tx, vault, "cli", platform, entered, datetime.now(UTC))
    put({"platform": platform, "fields": sorted(entered)})


@APPS.command("list")
def list_apps(as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False) -> None:
    """Platforms, whether an application is registered, and the addresses to enter in the platform's console."""
    from engage.ledger import apps
    from workers import connecting
    from workers.cli.console import put, table

    with opened() as ledger:
        with ledger.db.reading() as tx:
            known = apps.registered(tx)
        rows = [_app_row(name, name in known, ledger.settings) for name in connecting.ways()]
    if as_json:
        put(rows)
        return
    columns = ["platform", "application", "webhooks", "redirect address"]
    table("Applications", columns, [[str(value) for value in row.values()] for row in rows])


def _app_row(platform: str, known: bool, settings: Settings) -> dict[str, str]:
    from workers import addresses, connecting, services

    way = connecting.way_of(platform)
    needed = "registered" if known else "not needed" if all(one.optional for one in way.app_fields) else "missing"
    back = addresses.back_of(services.studio_url(settings), platform)
    return {
        "platform": platform,
        "application": needed,
        "webhooks": addresses.hook_of(settings, platform, "ACCOUNT"),
        "redirect": back if isinstance(way, Consent) else "",
    }


def connect(
    platform: str,
    creator: Annotated[str, typer.Option(help="Name of the creator")],
    field: Values = None,
    enter: Annotated[bool, typer.Option("--enter", help="Enter a password where there is a page too")] = False,
) -> int:
    """Connect a creator's account: prints the page to consent on, or asks for what the platform gave the creator."""
    from engage.ledger.users import OWNER
    from engage.secrets import Vault
    from workers import addresses, connecting, services
    from workers.cli.console import put, say

    way = connecting.way_of(platform)
    on_page = isinstance(way, Consent) and not enter
    fields = connecting.before_consent(way) if on_page else way.account_fields
    entered = _ask(fields, _given(field, fields))
    with opened() as ledger:
        who, vault = ledger.creator(creator), Vault.at(ledger.settings.directory)
        if not on_page:
            put({"accounts": asyncio.run(connecting.enter(ledger.db, vault, "cli", platform, who.id, entered))})
            return 0
        back = addresses.back_of(services.studio_url(ledger.settings), platform)
        url = asyncio.run(connecting.begin(ledger.db, vault, OWNER, platform, who.id, entered, back))
    say("Open this address in a browser where you are signed in to the studio, within 15 minutes:")
    put({"open": url})
    return 0


def _given(field: Sequence[str] | None, fields: Sequence[Field]) -> dict[str, str]:
    """What the command line says. Raises BadParameter for a name that is unknown, or a secret."""
    plain = {one.name for one in fields if not one.secret}
    given = dict(one.partition("=")[::2] for one in field or ())
    for name in given:
        if name not in plain:
            raise typer.BadParameter(f"--field {name}: there are {', '.join(sorted(plain)) or 'none'}")
    return given


def _ask(fields: Sequence[Field], given: Mapping[str, str], again: str = "") -> dict[str, str]:
    """The rest is asked for, or read line by line where nobody sits at a terminal."""
    return {**given, **{one.name: _ask_one(one, again) for one in fields if one.name not in given}}


def _ask_one(field: Field, again: str) -> str:
    hints = " ".join(part for part in (field.hint, again) if part)
    label = f"{field.label} ({hints})" if hints else field.label
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    return str(typer.prompt(label, default=field.default, hide_input=field.secret, show_default=False, err=True))

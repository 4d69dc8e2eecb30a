"""`engage app` and `engage connect`: applications and accounts on platforms."""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from engage.platform import Consent, Entry, Field
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
    from workers.runtime import Runtime

    with opened() as ledger:
        with ledger.db.reading() as tx:
            known = apps.registered(tx)
        runtime = Runtime.start(ledger.settings)
        rows = [_app_row(name, name in known, runtime) for name in connecting.ways()]
        asyncio.run(runtime.aclose())
    if as_json:
        put(rows)
        return
    columns = ["platform", "application", "webhooks", "redirect address"]
    table("Applications", columns, [[str(value) for value in row.values()] for row in rows])


def _app_row(platform: str, known: bool, runtime: Any) -> dict[str, str]:
    from workers import connecting, services

    way = connecting.way_of(platform)
    needed = "registered" if known else "missing" if way.app_fields else "not needed"
    back = services.studio_url(runtime.settings) + connecting.BACK.format(platform=platform)
    return {
        "platform": platform,
        "application": needed,
        "webhooks": runtime.hook_of(platform, "ACCOUNT"),
        "redirect": back if isinstance(way, Consent) else "",
    }


def connect(
    platform: str,
    creator: Annotated[str, typer.Option(help="Name of the creator")],
    field: Values = None,
) -> int:
    """Connect a creator's account: prints the page to consent on, or asks for what the platform gave the creator."""
    from engage.ledger.users import OWNER
    from workers import connecting, services
    from workers.cli.console import put, say
    from workers.runtime import Runtime

    way = connecting.way_of(platform)
    entered = _ask(way.account_fields, _given(field, way.account_fields))
    with opened() as ledger:
        who = ledger.creator(creator)

        async def run(work: Callable[[Runtime], Any]) -> Any:
            runtime = Runtime.start(ledger.settings)
            try:
                return await work(runtime)
            finally:
                await runtime.aclose()

        if isinstance(way, Entry):
            ids = asyncio.run(run(lambda runtime: connecting.enter(runtime, "cli", platform, who.id, entered)))
            put({"accounts": ids})
            return 0
        back = services.studio_url(ledger.settings) + connecting.BACK.format(platform=platform)
        url = asyncio.run(run(lambda runtime: connecting.begin(runtime, OWNER, platform, who.id, entered, back)))
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

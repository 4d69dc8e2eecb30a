"""Erasing and taking out what is kept of somebody."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workers.cli.accounts import CREATORS
from workers.cli.context import Opened, opened

if TYPE_CHECKING:
    from engage.memory.vectors import Vectors

Prove = Annotated[bool, typer.Option("--prove", help="Search everything for them afterwards; exit code 1 where found")]
Words = Annotated[list[str] | None, typer.Option("--text", help="Words that must not be found; may be given again")]


def register(app: typer.Typer) -> None:
    app.command("answer-again")(answer_again)
    app.command()(forget)
    app.command()(export)


def forget(
    follower: Annotated[str, typer.Option(help="PLATFORM:ID, the platform's id of the follower")],
    prove: Prove = False,
    text: Words = None,
) -> int:
    """Erase a follower: messages, what they told, drafts, decisions, replies, vectors, the raw deliveries they came in.

    Running workers drop what they keep in memory within 10 s.
    """
    from engage.ledger import erasure
    from workers import erasing, proving
    from workers.cli.console import put

    platform, user_id = _named(follower)
    with opened() as ledger:
        with ledger.db.reading() as tx:
            people, on = erasure.find(tx, platform, user_id), erasing.accounts_on(tx, platform)
            words, places = proving.words_of(tx, people), erasing.places_of(tx, people)
        if not people and not prove:
            raise erasure.UnknownFollower(f"there is no follower {platform}:{user_id}")
        with _stores(ledger) as stores:
            now = datetime.now(UTC)
            erased = erasing.erase(ledger.db, people, on, user_id, "cli", now, stores.vectors)
            done: dict[str, Any] = {"erased": erased | {"keys": stores.forget_keys([*places, user_id])}}
            if prove:
                done["proof"] = stores.prove(ledger, [user_id, *words, *(text or [])])
    put(done)
    return 1 if prove and done["proof"]["count"] else 0


def answer_again(follower: Annotated[str, typer.Option(help="PLATFORM:ID, the platform's id of the follower")]) -> None:
    """Answer a follower who had asked for no more messages, or was taken for asking. A word of theirs ends it again."""
    from engage.ledger import audit, erasure
    from engage.ledger.people import opt_out, opted_out_of
    from workers.cli.console import put

    platform, user_id = _named(follower)
    now = datetime.now(UTC)
    with opened() as ledger, ledger.db.transaction() as tx:
        people = {one.id: one for one in erasure.find(tx, platform, user_id)}
        if not people:
            raise erasure.UnknownFollower(f"there is no follower {platform}:{user_id}")
        silent = sorted(opted_out_of(tx, list(people)))
        for one in silent:
            opt_out(tx, one, None)
            audit.record(tx, "cli", "answer_again", people[one].creator_id, one, {}, now)
    put({"answered_again_on": [people[one].account_id for one in silent]})


@CREATORS.command("forget")
def forget_creator(
    name: str,
    yes: Annotated[bool, typer.Option("--yes", help="Really: it cannot be undone")] = False,
    prove: Prove = False,
    text: Words = None,
) -> int:
    """Erase a creator: their words, vectors, accounts and access, and everything followers said to them."""
    import asyncio

    from engage.secrets import Vault
    from workers import erasing
    from workers.cli.console import put
    from workers.disconnecting import disconnect

    with opened() as ledger:
        persona = ledger.creator(name)
        if not yes:
            raise typer.BadParameter(f"this erases {name} and cannot be undone; say it with --yes")
        now, vault = datetime.now(UTC), Vault.at(ledger.settings.directory)
        with ledger.db.transaction() as tx:
            mine = erasing.silence(tx, persona.id, "cli", now)
        left = {one: why for one in mine if (why := asyncio.run(disconnect(ledger.db, vault, "cli", one)))}
        _let_go(ledger)
        with _stores(ledger) as stores:
            erased = erasing.erase_creator(ledger.db, persona.id, "cli", now, stores.vectors)
            done: dict[str, Any] = {"erased": erased | {"keys": stores.forget_keys(mine)}, "access_left": left}
            if prove:
                done["proof"] = stores.prove(ledger, [persona.id, *mine, *(text or [])])
    put(done)
    return 1 if prove and done["proof"]["count"] else 0


def export(
    creator: Annotated[str, typer.Option(help="Name of a creator: all of theirs")] = "",
    follower: Annotated[str, typer.Option(help="PLATFORM:ID of a follower: all that is kept of them")] = "",
) -> None:
    """Everything kept of a creator or of a follower, as JSON Lines; credentials are left out."""
    from engage.ledger.exporting import rows_about, rows_of
    from workers.cli.console import put

    if bool(creator) == bool(follower):
        raise typer.BadParameter("name either --creator or --follower")
    with opened() as ledger:
        if follower:
            with ledger.db.reading() as tx:
                for row in rows_about(tx, *_named(follower)):
                    put(row)
            return
        persona = ledger.creator(creator)
        with ledger.db.reading(creator=persona.id) as tx:
            for row in rows_of(tx, persona.id):
                put(row)


def _named(follower: str) -> tuple[str, str]:
    platform, _, user_id = follower.partition(":")
    if not platform or not user_id:
        raise typer.BadParameter("write PLATFORM:ID, for example sandbox:u_12")
    return platform, user_id


def _let_go(ledger: Opened) -> None:
    """Until running processes know that the accounts are gone: what comes in meanwhile is erased with the rest."""
    from workers import services
    from workers.runtime import CONNECTOR_AGE

    if services.running(ledger.settings) is not None:
        time.sleep(CONNECTOR_AGE.total_seconds())


class _Stores:
    """Chroma and Redis as a command reaches them. A Chroma server is started where one is needed and none runs."""

    def __init__(self, settings: Any, exits: Any) -> None:
        self._settings = settings
        self._exits = exits
        self._url = ""

    @property
    def chroma(self) -> str:
        from workers.build import chroma

        self._url = self._url or self._exits.enter_context(chroma(self._settings))
        return self._url

    def vectors(self) -> "Vectors":
        from contextlib import closing

        from engage.memory.vectors import Vectors

        vectors: Vectors = self._exits.enter_context(closing(Vectors(self.chroma)))
        return vectors

    def forget_keys(self, ids: list[str]) -> int:
        from workers import erasing

        with erasing.redis_of(self._settings) as client:
            return erasing.forget_keys(client, ids) if client is not None else 0

    def prove(self, ledger: Opened, words: list[str]) -> dict[str, Any]:
        from workers import erasing, proving

        with erasing.redis_of(self._settings) as client:
            return proving.prove(ledger.db, self.chroma, client, words)


@contextmanager
def _stores(ledger: Opened) -> Iterator[_Stores]:
    from contextlib import ExitStack

    with ExitStack() as exits:
        yield _Stores(ledger.settings, exits)

"""What Twitch is asked to tell of an account, and how it is asked."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import httpx

from connectors.fields import get, items, mapping, text, text_or_none, time
from connectors.twitch.helix import SUBSCRIPTIONS, AlreadyThere, Helix
from engage.errors import Ambiguous, Malformed, Refused, Unavailable

ALIVE = frozenset({"enabled", "webhook_callback_verification_pending"})
CHAT_EVENTS = (
    "channel.chat.message",
    "channel.chat.message_delete",
    "channel.chat.clear_user_messages",
    "channel.chat.clear",
)
PAGES = 20  # of 100 subscriptions each; an account has a handful


@dataclass(frozen=True, slots=True)
class Wanted:
    """One kind of event. https://dev.twitch.tv/docs/eventsub/eventsub-subscription-types/"""

    type: str
    condition: Mapping[str, str]
    version: str = "1"


@dataclass(frozen=True, slots=True)
class Held:
    """A subscription as Twitch has it."""

    id: str
    type: str
    condition: Mapping[str, str]
    status: str
    callback: str  # '' of a WebSocket's
    created_at: datetime

    def is_for(self, wanted: Wanted) -> bool:
        """Whether it brings what is wanted."""
        return self.type == wanted.type and self.condition == wanted.condition


def wanted_of(account_id: str, reader_id: str, *, whispers: bool) -> tuple[Wanted, ...]:
    """The events of an account whose chat is read as `reader_id`."""
    chat = {"broadcaster_user_id": account_id, "user_id": reader_id}
    private = (Wanted("user.whisper.message", {"user_id": account_id}),) if whispers else ()
    return (*(Wanted(kind, chat) for kind in CHAT_EVENTS), *private)


async def over_socket(helix: Helix, wanted: Sequence[Wanted], session_id: str) -> None:
    """Ask for all of them on a WebSocket that has just been opened."""
    for one in wanted:
        await _create(helix, one, {"method": "websocket", "session_id": session_id}, as_app=False)


async def over_webhook(
    helix: Helix, known: Sequence[Held], wanted: Sequence[Wanted], callback: str, secret: str, since: datetime | None
) -> None:
    """See that of what is known exactly these hold at our address.

    since: those made before it know an older secret, and are made anew.
    """
    held = [one for one in known if one.callback == callback]
    good = [one for one in held if one.status in ALIVE and not (since and one.created_at < since)]
    await end(helix, [one for one in held if one not in good or not any(one.is_for(want) for want in wanted)])
    for want in wanted:
        if not any(one.is_for(want) for one in good):
            # Twitch calls there at once, and wants its challenge back.
            await _create(helix, want, {"method": "webhook", "callback": callback, "secret": secret}, as_app=True)


async def end(helix: Helix, held: Sequence[Held]) -> None:
    """Twitch calls no more for these."""
    for one in held:
        with suppress(Refused):  # another account's asking has done it
            await helix.ask("DELETE", SUBSCRIPTIONS, as_app=True, id=one.id)


async def _create(helix: Helix, wanted: Wanted, transport: Mapping[str, str], *, as_app: bool) -> None:
    body = {
        "type": wanted.type,
        "version": wanted.version,
        "condition": dict(wanted.condition),
        "transport": dict(transport),
    }
    try:
        with suppress(AlreadyThere):
            await helix.write(SUBSCRIPTIONS, body, as_app=as_app)
    except Ambiguous as error:  # asking again is harmless: it is there, or it is not
        raise Unavailable(str(error)) from None


async def held_for(helix: Helix, account_id: str) -> list[Held]:
    """The webhook subscriptions for an account's own channel and whispers, in all states."""
    # Twitch also lists the channels where this user is only the bot account.
    found = [one async for one in _listed(helix, user_id=account_id)]
    return [one for one in found if one.condition.get("broadcaster_user_id", account_id) == account_id]


async def held_of(helix: Helix, wanted: Wanted) -> list[Held]:
    """Those of one kind, whosever they are."""
    return [one async for one in _listed(helix, type=wanted.type) if one.is_for(wanted)]


async def _listed(helix: Helix, **which: str) -> AsyncIterator[Held]:
    cursor = ""
    for _ in range(PAGES):
        more = {"after": cursor} if cursor else {}
        answer = await helix.ask("GET", SUBSCRIPTIONS, as_app=True, **which, **more)
        rows, cursor = _page(answer)
        for one in rows:
            yield one
        if not cursor:
            return


def _page(answer: httpx.Response) -> tuple[list[Held], str]:
    try:
        said = answer.json()
        cursor = get(said, "pagination", "cursor")
        return [_held(row) for row in items(said, "data")], cursor if isinstance(cursor, str) else ""
    except (ValueError, Malformed):
        raise Unavailable("Twitch did not answer with a page of subscriptions") from None


def _held(row: object) -> Held:
    return Held(
        id=text(row, "id"),
        type=text(row, "type"),
        condition={key: str(value) for key, value in mapping(row, "condition").items()},
        status=text(row, "status"),
        callback=text_or_none(row, "transport", "callback") or "",
        created_at=time(row, "created_at"),
    )

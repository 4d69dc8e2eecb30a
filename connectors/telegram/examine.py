"""What `engage doctor` finds out about a bot: only reads."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from connectors.fields import MISSING, get, yes
from connectors.telegram.api import Api
from connectors.telegram.own import Own
from engage.errors import Refused
from engage.platform import Finding


class Examination:
    """One bot, asked."""

    def __init__(self, api: Api, own: Own, updates: Collection[str]) -> None:
        self._api = api
        self._own = own
        self._updates = updates

    async def findings(self, callback_url: str) -> Sequence[Finding]:
        """Raises what a read raises."""
        me = await self._api.ask("getMe")
        hook = await self._api.ask("getWebhookInfo")
        return [
            _access(me, self._own),
            _invitations(me),
            _secretary(me, self._own),
            await self._sight(me),
            _delivery(hook, callback_url),
            *_troubles(hook, callback_url, self._updates),
        ]

    async def _sight(self, me: Any) -> Finding:
        """Whether comments reach the bot, and whether it may delete them."""
        if not self._own.group_id:
            return Finding("comments", "ok", "no channel was named: in groups only what mentions the bot is answered")
        try:
            member = await self._api.ask(
                "getChatMember", {"chat_id": int(self._own.group_id), "user_id": get(me, "id")}
            )
        except Refused as error:
            return Finding("comments", "fail", str(error), _ADMINISTRATOR)
        if _word(member, "status") == "administrator":
            able = "sees and may delete" if yes(member, "can_delete_messages") else "sees, but may not delete"
            return Finding("comments", "ok", f"the bot {able} the comments of the channel")
        if yes(me, "can_read_all_group_messages") and _word(member, "status") in ("member", "restricted"):
            return Finding("comments", "ok", "the bot sees the comments of the channel, but may not delete them")
        return Finding("comments", "fail", "the bot does not see the comments of the channel", _ADMINISTRATOR)


_ADMINISTRATOR = "Make the bot an administrator of the channel's discussion group, with the right to delete messages."
_AGAIN = "Connect the account again."
_WAY_FREE = "Stop the other program, or give it a bot of its own."


def _word(said: Any, key: str) -> str:
    value = get(said, key)
    return value if isinstance(value, str) else ""


def _access(me: Any, own: Own) -> Finding:
    """The bot, by the name that its mentions are known by."""
    name = _word(me, "username")
    if str(get(me, "id")) != own.id:
        return Finding("access", "fail", f"the token is that of @{name}, which is another bot", _AGAIN)
    if name.lower() != own.username.lower():
        return Finding("access", "warn", f"the bot is now called @{name}: mentions of that name are not heard", _AGAIN)
    return Finding("access", "ok", f"the token is that of @{name}")


def _invitations(me: Any) -> Finding:
    if yes(me, "can_join_groups"):
        fix = "When it is where it should be: /setjoingroups in @BotFather, Disable."
        return Finding("other groups", "warn", "anybody can add the bot to a group, and speak to it there", fix)
    return Finding("other groups", "ok", "nobody can add the bot to another group")


def _secretary(me: Any, own: Own) -> Finding:
    if not yes(me, "can_connect_to_business"):
        shown = "Secretary Mode is off: it cannot answer in the creator's private chats"
        return Finding("secretary mode", "ok", shown)
    if not own.knows_creator:
        fix = f"{_AGAIN} Enter the creator's own name in Telegram."
        return Finding("secretary mode", "warn", "it is on, and nobody has said whose chats it is for", fix)
    return Finding("secretary mode", "ok", "Secretary Mode is on")


def _delivery(hook: Any, callback_url: str) -> Finding:
    url = _word(hook, "url")
    waiting = f"{_count(hook, 'pending_update_count')} updates are waiting"
    if url == callback_url:
        return Finding("updates", "ok", f"they come by {'webhook' if url else 'long polling'}; {waiting}")
    if not url:
        fix = "Engage asks for the webhook by itself within a day; connect the account again to have it at once."
        return Finding("updates", "warn", f"no webhook is set; {waiting}", fix)
    # (Only the host: the path of somebody's webhook may hold a secret.)
    host = httpx.URL(url).host
    return Finding("updates", "fail", f"they go to another address, at {host}; {waiting}", _WAY_FREE)


def _troubles(hook: Any, callback_url: str, wanted: Collection[str]) -> list[Finding]:
    found = []
    if callback_url and _word(hook, "last_error_message"):
        at = datetime.fromtimestamp(_count(hook, "last_error_date"), UTC).isoformat(timespec="minutes")
        said = f"Telegram could not deliver at {at}: {_word(hook, 'last_error_message')[:120]}"
        fix = "Look whether the public address answers from outside, with a valid certificate."
        found.append(Finding("deliveries", "warn", said, fix))
    allowed = get(hook, "allowed_updates")
    missing = set() if allowed is MISSING or not isinstance(allowed, list) else set(wanted) - set(map(str, allowed))
    if missing:
        fix = "Engage asks for them by itself within a day, unless another program sets them back."
        found.append(Finding("kinds of updates", "warn", f"not asked for: {', '.join(sorted(missing))}", fix))
    return found


def _count(said: Any, key: str) -> int:
    value = get(said, key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0

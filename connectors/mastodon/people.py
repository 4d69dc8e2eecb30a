"""Who wrote a status and whom it mentions. Pure."""

import re
from typing import Any

from connectors.fields import id_of, id_or_none, items, text, text_or_none, yes
from connectors.mastodon.content import text_of
from engage.models import Author

_FIELD = ("name", "value")
_NO_BOTS = re.compile(r"(?<!\w)#no_?bots?(?!\w)", re.IGNORECASE)


def local_id(account_user_id: str) -> str:
    """The server's id of an account; ours has the server's name behind it, as each server counts for itself."""
    return account_user_id.partition("@")[0]


def author_id_of(status: dict[str, Any]) -> str:
    """The server's id of who wrote it. Raises Malformed."""
    return id_of(status, "account", "id")


def author_of(status: dict[str, Any], own: str) -> Author:
    """Who wrote it. Whoever asks bots to stay away counts as one: it is kept and never answered. Raises Malformed."""
    identifier, name = author_id_of(status), text(status, "account", "acct")
    unanswered = yes(status, "account", "bot") or _wants_no_bots(status)
    return Author(identifier, _shown_name(status) or name, is_self=identifier == own, is_bot=unanswered)


def _shown_name(status: dict[str, Any]) -> str:
    """The name as a reader sees it, less the pictures in it, which are told as ":verified:"."""
    name = text_or_none(status, "account", "display_name") or ""
    for emoji in items(status, "account", "emojis"):
        name = name.replace(f":{text(emoji, 'shortcode')}:", " ")
    return " ".join(name.split())


def _wants_no_bots(status: dict[str, Any]) -> bool:
    """Whether the profile says #nobot, the fediverse's usual way to ask for it, in its text or its fields."""
    rows = items(status, "account", "fields")
    said = [text_or_none(status, "account", "note"), *(text_or_none(row, key) for row in rows for key in _FIELD)]
    return any(_NO_BOTS.search(text_of(html, {})) for html in said if html)


def mentions_in(status: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Id, name ("ann" here, "ann@remote.example" elsewhere) and address of everybody who is mentioned."""
    return [(id_of(one, "id"), text(one, "acct"), text_or_none(one, "url") or "") for one in items(status, "mentions")]


def is_mentioned(status: dict[str, Any], own: str) -> bool:
    """Whether a status speaks to the account."""
    return own in {identifier for identifier, _, _ in mentions_in(status)}


def addressee(status: dict[str, Any], own: str) -> tuple[str, str] | None:
    """Whom a status of the account's own answers: id and name. None where it is a post, or goes on with one."""
    others = [(identifier, name) for identifier, name, _ in mentions_in(status) if identifier != own]
    answered = id_or_none(status, "in_reply_to_account_id")
    if answered is not None and answered != own:
        return answered, dict(others).get(answered, "")
    return others[0] if others else None

"""What the contract test needs to know of Mastodon."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from engage.errors import Ambiguous, Refused, Unauthorized
from engage.models import Outgoing, Surface
from engage.platform import AccountLink

PARENT = {
    "id": "109348677773283527",
    "visibility": "unlisted",
    "spoiler_text": "",
    "language": "en",
    "account": {"id": "108892", "acct": "ann@remote.example"},
    "mentions": [{"id": "14715", "username": "me", "acct": "me", "url": "https://social.example/@me"}],
}
BEFORE = (PARENT,)  # the status to answer: is it there, who may see it
ERRORS = (
    (401, {"error": "The access token is invalid"}, Unauthorized),
    (401, {"error": "The access token was revoked"}, Unauthorized),
    (403, {"error": "This action is outside the authorized scopes"}, Unauthorized),
    (403, {"error": "Your login is currently disabled"}, Unauthorized),
    (403, {"error": "This action is not allowed"}, Refused),
    (404, {"error": "The post you are trying to reply to does not appear to exist."}, Refused),
    (409, {"error": "Conflict"}, Refused),
    (410, "", Refused),
    (422, {"error": "Validation failed: Text character limit of 500 exceeded"}, Refused),
    (500, {"error": "We're sorry, but something went wrong on our end."}, Ambiguous),
    (503, {"error": "There was a temporary problem serving your request, please try again"}, Ambiguous),
)
CONFIG = {"max_characters": 500, "characters_reserved_per_url": 23, "since": "0"}


def account(base_url: str, **config: Any) -> AccountLink:
    """An account whose server is at `base_url`."""
    return AccountLink(
        id="a1",
        platform_user_id="14715@social.example",
        handle="me@social.example",
        config={"base_url": base_url, "server": "social.example", **CONFIG, **config},
        credentials={
            "access_token": "at_tILNHkSEmBtoj0s0DsUJRdnPWVoTYBmL",
            "client_id": "ci_TWhMtNSuncnqN7DBJmoyeLnk6K3iJJ71KKXxgL1hPM",
            "client_secret": "cs_ZEaFUFmF0umgBX1qKJDjaU99Q31lDkOU8NutzTOoliw",
        },
    )


def reply(text: str = "Six weeks.", to: str = PARENT["id"], first_sent_at: datetime | None = None) -> Outgoing:
    """A reply the connector would send."""
    comment = Outgoing("o1", "key-1", Surface.COMMENT, "comment:108892", to, "108892", text, follower_name="Ann")
    return replace(comment, first_sent_at=first_sent_at)

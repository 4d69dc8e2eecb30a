"""What an account may do: by the country it is registered in, what it granted, and what its app was cleared for. Pure.

TikTok tells none of it before a call fails, so it is kept in the account's config when the account is connected.
"""

from collections.abc import Mapping
from typing import Any

READ_COMMENTS = "comment.list"
WRITE_COMMENTS = "comment.list.manage"
READ_MESSAGES = "message.list.read"
SEND_MESSAGES = "message.list.send"
ALWAYS = (
    "user.info.basic",
    "user.info.username",
    "user.account.type",
    "video.list",
    READ_COMMENTS,
    WRITE_COMMENTS,
)
MESSAGING = (READ_MESSAGES, SEND_MESSAGES, "message.list.manage")
YES = ("yes", "true", "1")

# European Economic Area, Switzerland, United Kingdom: no direct messages by API for accounts registered there.
CLOSED = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK CH GB UK".split()
)


def agreed(config: Mapping[str, Any], name: str) -> bool:
    """Whether an app's field was answered with yes."""
    return str(config.get(name, "")).strip().lower() in YES


def has(config: Mapping[str, Any], scope: str) -> bool:
    """Whether the account granted a scope; where nobody wrote down what it granted, TikTok will say."""
    scopes = config.get("scopes")
    return not isinstance(scopes, list) or scope in scopes


def why_no_comments(config: Mapping[str, Any]) -> str:
    """Why the account cannot answer comments; '' where it can."""
    if not has(config, WRITE_COMMENTS):
        return f"the account did not grant {WRITE_COMMENTS}: connect it again"
    return ""


def why_no_messages(config: Mapping[str, Any], app_config: Mapping[str, Any], scope: str = SEND_MESSAGES) -> str:
    """Why the account cannot use direct messages; '' where it can."""
    region = str(config.get("region", "")).upper()
    if not region:
        return "the country of the account is not known: connect it again and enter it"
    if region in CLOSED:
        return f"TikTok opens direct messages to no app for accounts of the EEA, Switzerland and the UK ({region})"
    if region == "US" and not agreed(app_config, "us_reviewed"):
        return "direct messages of US accounts need TikTok's US data security review of the app"
    if config.get("business") is False:
        return "direct messages need a TikTok Business Account, and this is a personal one"
    if not has(config, scope):
        return f"the account did not grant {scope}: connect it again"
    return ""

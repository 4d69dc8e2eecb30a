"""What an account may do: by what it granted, by its kind, and by what its application was opened for. Pure.

Douyin tells most of it only when a call fails, so it is kept in the account's config when the account is connected.
"""

from collections.abc import Mapping
from typing import Any

USER = "user_info"
COMMENTS = "item.comment"
VIDEOS = "video.list.bind"
MESSAGES = "im.direct_message"
RECALL = "im.recall_message"
ALWAYS = (USER, COMMENTS)


def asked_for(app_config: Mapping[str, Any]) -> tuple[str, ...]:
    """The scopes of the consent page: one that the application was not opened for is an error page."""
    words = str(app_config.get("scopes") or "").replace(",", " ").split()
    return tuple(dict.fromkeys([*ALWAYS, *words]))


def has(config: Mapping[str, Any], scope: str) -> bool:
    """Whether the account granted a scope; where nobody wrote down what it granted, Douyin will say."""
    scopes = config.get("scopes")
    return not isinstance(scopes, list) or scope in scopes


def why_no_comments(config: Mapping[str, Any]) -> str:
    """Why the account cannot answer comments; '' where it can."""
    if not has(config, COMMENTS):
        return f"the account did not grant {COMMENTS} (管理视频评论): connect it again"
    return ""


def why_no_messages(config: Mapping[str, Any]) -> str:
    """Why the account cannot answer direct messages; '' where it can."""
    if not has(config, MESSAGES):
        return f"the account did not grant {MESSAGES} (私信): Douyin opens it to no new application"
    if config.get("business") is False:
        return "direct messages need an enterprise account (企业号), and this is a personal one"
    return ""

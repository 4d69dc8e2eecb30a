"""What Instagram says of an account when asked: `engage doctor --account`."""

from collections.abc import Sequence
from typing import Any

from connectors.fields import get
from connectors.instagram.connect import SCOPES
from connectors.meta import used
from connectors.meta_examination import limits, subscription
from connectors.meta_graph import Graph, decoded, listed
from engage.errors import Permanent
from engage.platform import AccountLink, Finding

CONNECT_AGAIN = "Connect the account again and leave every permission on"
LET_APPS = (
    "Instagram app: Settings, Messages and story replies, Message controls, Connected tools, Allow access to messages"
)
POLLED = "comments and messages are polled, live comments are not heard"


async def examine(graph: Graph, account: AccountLink, wanted: Sequence[str], callback_url: str) -> Sequence[Finding]:
    """Findings of access, permissions, subscription and limits. Raises what a read does."""
    answer = await graph.read("/me", {"fields": "user_id,username,account_type"})
    apps = await graph.get(f"/{account.platform_user_id}/subscribed_apps", {})
    return [
        _access(decoded(answer), account),
        _permissions(account),
        await _messages(graph, account),
        subscription(listed(apps), wanted, callback_url, POLLED),
        limits(used(answer.headers)),
    ]


def _access(me: Any, account: AccountLink) -> Finding:
    found = f"@{get(me, 'username')} ({get(me, 'account_type')})"
    if str(get(me, "user_id")) == account.platform_user_id:
        return Finding("access", "ok", found)
    return Finding("access", "fail", f"the token is for {found}", CONNECT_AGAIN)


async def _messages(graph: Graph, account: AccountLink) -> Finding:
    """Whether the account's own settings let apps read messages: without that none is told of, by webhook neither."""
    try:
        await graph.get(f"/{account.platform_user_id}/conversations", {"platform": "instagram", "limit": "1"})
    except Permanent as error:
        return Finding("messages", "fail", f"they may not be read: {error}", LET_APPS)
    return Finding("messages", "ok", "may be read")


def _permissions(account: AccountLink) -> Finding:
    granted = account.config.get("permissions")
    if not granted:
        return Finding("permissions", "warn", "Instagram did not say which were granted", CONNECT_AGAIN)
    missing = [scope for scope in SCOPES if scope not in granted]
    if missing:
        return Finding("permissions", "fail", f"missing: {', '.join(missing)}", CONNECT_AGAIN)
    return Finding("permissions", "ok", ", ".join(SCOPES))

"""What Threads says of an account when asked: `engage doctor --account`."""

from collections.abc import Sequence
from typing import Any

from connectors.fields import get, items
from connectors.meta import used
from connectors.meta_examination import NEAR, limits
from connectors.meta_graph import decoded, listed
from connectors.threads.calls import Threads
from connectors.threads.connect import SCOPES
from engage.errors import Permanent
from engage.platform import AccountLink, Finding

CONNECT_AGAIN = "Connect the account again and leave every permission on"


async def examine(graph: Threads, account: AccountLink, callback_url: str) -> Sequence[Finding]:
    """Findings of access, permissions, webhooks and limits. Raises what a read raises."""
    answer = await graph.read("/me", {"fields": "id,username"})
    quota = await graph.get("/me/threads_publishing_limit", {"fields": "reply_quota_usage,reply_config"})
    return [
        _access(decoded(answer), account),
        await _permissions(graph, account),
        await _mentions(graph),
        _webhooks(callback_url),
        _replies(listed(quota)),
        limits(used(answer.headers)),
    ]


def _access(me: Any, account: AccountLink) -> Finding:
    found = f"@{get(me, 'username')}"
    if str(get(me, "id")) == account.platform_user_id:
        return Finding("access", "ok", found)
    return Finding("access", "fail", f"the token is for {found}", CONNECT_AGAIN)


async def _permissions(graph: Threads, account: AccountLink) -> Finding:
    """Asked of the token itself. Meta answers only where the account is a tester of the app."""
    try:
        said = await graph.get("/debug_token", {"input_token": account.credentials.get("access_token", "")})
        granted = items(said, "data", "scopes")
    except Permanent:
        return Finding(
            "permissions", "warn", "Meta tells them only of the app's testers", "Nothing, where replies work"
        )
    missing = [scope for scope in SCOPES if scope not in granted]
    if missing:
        return Finding("permissions", "fail", f"missing: {', '.join(missing)}", CONNECT_AGAIN)
    return Finding("permissions", "ok", ", ".join(SCOPES))


async def _mentions(graph: Threads) -> Finding:
    """An app that Meta has not reviewed may not read them."""
    try:
        await graph.get("/me/mentions", {"fields": "id", "limit": "1"})
    except Permanent as error:
        return Finding(
            "mentions", "warn", f"not heard: {error}", "Ask for Advanced Access (App Review), if you want them"
        )
    return Finding("mentions", "ok", "read every minute")


def _webhooks(callback_url: str) -> Finding:
    if callback_url:
        return Finding("webhooks", "ok", f"{callback_url}, if it stands in the console; polled every minute as well")
    return Finding("webhooks", "warn", "no address of ours is reachable: all is polled every minute", "Set public_url")


def _replies(rows: Sequence[Any]) -> Finding:
    quota = rows[0] if rows else None
    spent, total = get(quota, "reply_quota_usage"), get(quota, "reply_config", "quota_total")
    if not (isinstance(spent, int) and isinstance(total, int) and total > 0):
        return Finding("replies", "warn", "Threads did not say how many were posted", "Ask again later")
    found = f"{spent} of {total} in 24 hours"
    if spent * 100 >= total * NEAR:
        return Finding("replies", "warn", found, "Wait: the 24 hours slide")
    return Finding("replies", "ok", found)

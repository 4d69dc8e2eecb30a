"""What Facebook says of a Page when asked: `engage doctor --account`."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.facebook.connect import SCOPES, graph_of
from connectors.fields import get, items
from connectors.meta import used
from connectors.meta_examination import limits, subscription
from connectors.meta_graph import Graph, decoded, listed
from connectors.meta_login import newest_secret
from connectors.oauth import client_id
from engage.platform import AccountLink, Finding

CONNECT_AGAIN = "Connect the Page again and leave every permission on"
MORE_ACCESS = "Give the person these tasks (Page settings, Page access) and connect the Page again"
SOON = timedelta(days=14)
TASKS = ("MESSAGING", "MODERATE")


async def examine(graph: Graph, account: AccountLink, wanted: Sequence[str], callback_url: str) -> Sequence[Finding]:
    """Findings of access, permissions, subscription and limits. Raises what a read does."""
    answer = await graph.read("/me", {"fields": "id,name"})
    apps = await graph.get(f"/{account.platform_user_id}/subscribed_apps", {})
    token = await _debugged(account)
    return [
        _access(decoded(answer), account),
        _permissions(token),
        _tasks(account),
        _data_access(token),
        subscription(listed(apps), wanted, callback_url, "comments and messages are polled"),
        limits(used(answer.headers)),
    ]


async def _debugged(account: AccountLink) -> Any:
    """What the token may do and until when; the application asks, not the Page."""
    graph = graph_of(account.app, f"{client_id(account.app)}|{newest_secret(account.app)}")
    try:
        token = account.credentials.get("access_token", "")
        return get(await graph.get("/debug_token", {"input_token": token}), "data")
    finally:
        await graph.close()


def _access(me: Any, account: AccountLink) -> Finding:
    found = f"{get(me, 'name')} ({get(me, 'id')})"
    if str(get(me, "id")) == account.platform_user_id:
        return Finding("access", "ok", found)
    return Finding("access", "fail", f"the token is for {found}", CONNECT_AGAIN)


def _permissions(token: Any) -> Finding:
    granted = items(token, "scopes")
    missing = [scope for scope in SCOPES if scope not in granted]
    if missing:
        return Finding("permissions", "fail", f"missing: {', '.join(missing)}", CONNECT_AGAIN)
    return Finding("permissions", "ok", ", ".join(SCOPES))


def _tasks(account: AccountLink) -> Finding:
    """What the person who connected the Page may do there: its token can do no more."""
    known = account.config.get("tasks")
    if not known:
        return Finding("tasks", "warn", "Facebook did not say which the person has on the Page", CONNECT_AGAIN)
    missing = [task for task in TASKS if task not in known]
    if missing:
        return Finding("tasks", "fail", f"missing: {', '.join(missing)}", MORE_ACCESS)
    return Finding("tasks", "ok", ", ".join(TASKS))


def _data_access(token: Any) -> Finding:
    """A token that does not end still reads nothing once the person has not consented for 90 days."""
    ends = get(token, "data_access_expires_at")
    if not isinstance(ends, int) or ends <= 0:
        return Finding("data access", "ok", "does not end")
    at = datetime.fromtimestamp(ends, UTC)
    if at - datetime.now(UTC) > SOON:
        return Finding("data access", "ok", f"until {at:%Y-%m-%d}")
    return Finding("data access", "warn", f"until {at:%Y-%m-%d}", CONNECT_AGAIN)

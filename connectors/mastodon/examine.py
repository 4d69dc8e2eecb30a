"""What `engage doctor --account` finds out about an account: it only reads."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from connectors.mastodon.calls import client, fetch, reading
from connectors.mastodon.connect import SCOPES, lengths_in
from connectors.mastodon.timeline import Timeline
from engage.errors import Refused, Retryable
from engage.platform import Finding

_BOT = "Switch on Preferences > Public profile > This is an automated account."
_AGAIN = "Connect the account again."
_BOTS = "for_bots"  # they are not answered anyway


async def findings(calls: httpx.AsyncClient, timeline: Timeline, config: Mapping[str, Any]) -> Sequence[Finding]:
    """Raises what a read raises."""
    answer = await fetch(calls, "/api/v1/accounts/verify_credentials")
    instance = reading(await fetch(calls, "/api/v2/instance"), dict)
    return [
        _access(answer, timeline.own),
        _bot(answer),
        await _scopes(calls, config),
        await _held_back(calls),
        _lengths(instance, config),
        await _stream(timeline),
        _left(answer.headers),
    ]


def _access(answer: httpx.Response, own: str) -> Finding:
    known, name = reading(answer, lambda body: (str(body["id"]), str(body["acct"])))
    if known != own:
        return Finding("access", "fail", f"the token opens {name}, which is another account", _AGAIN)
    return Finding("access", "ok", f"the token opens {name}")


def _bot(answer: httpx.Response) -> Finding:
    if not reading(answer, lambda body: body.get("bot") is True):
        shown = "the profile does not say that the account is automated: each conversation is told in words"
        return Finding("bot flag", "warn", shown, _BOT)
    return Finding("bot flag", "ok", "the profile says that the account is automated")


async def _scopes(calls: httpx.AsyncClient, config: Mapping[str, Any]) -> Finding:
    """A server tells what the application asked for, and told what was granted when the account was connected."""
    granted = set(str(config.get("scope") or "").split())
    if not granted:
        app = await fetch(calls, "/api/v1/apps/verify_credentials")
        granted = set(reading(app, lambda body: [str(scope) for scope in body.get("scopes") or SCOPES]))
    missing = [scope for scope in SCOPES if not {scope, scope.partition(":")[0]} & granted]
    if missing:
        return Finding("scopes", "fail", f"not granted: {', '.join(missing)}", _AGAIN)
    return Finding("scopes", "ok", " ".join(sorted(granted)))


async def _held_back(calls: httpx.AsyncClient) -> Finding:
    """Mentions that the account's own settings filter are neither streamed nor listed."""
    try:
        policy = reading(await fetch(calls, "/api/v2/notifications/policy"), dict)
    except Refused:  # servers before 4.3 have none
        return Finding("mentions", "ok", "the server filters no mentions")
    told = {name: what for name, what in policy.items() if name.startswith("for_") and name != _BOTS}
    held = {name: what for name, what in told.items() if what != "accept"}
    kept = ", ".join(f"{name.removeprefix('for_')}: {what}" for name, what in held.items())
    if not kept:
        return Finding("mentions", "ok", "the account's settings filter none")
    fix = "To have them answered, choose Accept in Notifications > Filter notifications from."
    return Finding("mentions", "warn", f"the account's settings keep some back ({kept})", fix)


def _lengths(instance: Mapping[str, Any], config: Mapping[str, Any]) -> Finding:
    now = lengths_in(instance)
    if any(config.get(name) != value for name, value in now.items()):
        return Finding("length", "warn", f"the server now allows {now['max_characters']} characters", _AGAIN)
    return Finding("length", "ok", f"{now['max_characters']} characters")


async def _stream(timeline: Timeline) -> Finding:
    address = await timeline.streaming()
    calls = client(address, "")
    try:
        await fetch(calls, "/api/v1/streaming/health")
    except (Retryable, Refused) as error:
        fix = 'Until it works, set "ingest": "poll" in the account\'s config.'
        return Finding("stream", "warn", f"{address} is not ready: {error}", fix)
    finally:
        await calls.aclose()
    return Finding("stream", "ok", f"{address} is ready")


def _left(headers: Mapping[str, str]) -> Finding:
    left, of = headers.get("x-ratelimit-remaining", ""), headers.get("x-ratelimit-limit", "")
    if not (left and of):
        return Finding("rate limit", "ok", "the server tells none")
    return Finding("rate limit", "warn" if left == "0" else "ok", f"{left} of {of} requests are left")

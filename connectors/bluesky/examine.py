"""What `engage doctor --account` finds: access, direct messages, the label. Nothing is written."""

from collections.abc import Sequence
from datetime import UTC, datetime

from connectors.bluesky import dms, profiles
from connectors.bluesky.xrpc import Calls
from connectors.fields import get, text
from engage.errors import Malformed, Unavailable
from engage.platform import Finding

AGAIN = "Connect the account again, and allow direct messages: on the page, or with an app password that opens them."
CLOSED = "Open Bluesky: it says what to do about the account. Connect it again where it has moved to another server."
LABEL = (
    "Add the label to the profile, then connect the account again; until then each conversation begins with words that"
    " tell it. In connectors/bluesky/README.md, under Disclosure."
)


async def examine(calls: Calls, config_label: bool) -> Sequence[Finding]:
    """Raises what a read raises."""
    return [await _access(calls), await _direct(calls), await _label(calls, config_label), _left(calls)]


async def _access(calls: Calls) -> Finding:
    answer = await calls.get("com.atproto.server.getSession", {})
    try:
        handle, did = text(answer, "handle"), text(answer, "did")
    except Malformed as error:
        raise Unavailable(f"getSession: {error}") from None
    if did != calls.did:
        fix = "Connect the account again."
        return Finding("access", "fail", f"the session is of another account, {handle}", fix)
    if get(answer, "active") is False:
        why = f"{handle} is {get(answer, 'status')}"
        return Finding("access", "fail", why, CLOSED)
    return Finding("access", "ok", f"{handle} ({did})")


async def _direct(calls: Calls) -> Finding:
    if await dms.allowed(calls):
        return Finding("direct messages", "ok", "may be read and sent")
    return Finding("direct messages", "warn", "what was granted does not open them", AGAIN)


async def _label(calls: Calls, config_label: bool) -> Finding:
    labelled = await profiles.labelled(calls)
    if labelled and config_label:
        return Finding("bot label", "ok", "the profile labels itself as automated")
    if labelled:
        fix = "Connect the account again, so that the label counts."
        return Finding("bot label", "warn", "the profile has the label since it was connected", fix)
    return Finding("bot label", "warn", "the profile does not say that the account is automated", LABEL)


def _left(calls: Calls) -> Finding:
    if calls.quiet_until is None or calls.quiet_until <= datetime.now(UTC):
        return Finding("limits", "ok", "calls are left")
    return Finding("limits", "warn", f"no calls are left until {calls.quiet_until.isoformat(timespec='seconds')}")

"""New tokens for the session of an app password, wherever its account lives by now.

An account may move: between hosts of one operator, which all take its tokens, or to a server of others, where it has
to be connected again. Its server says so beside new tokens, and where that is no more, the directory of identities.
"""

from dataclasses import replace
from datetime import timedelta

from connectors.bluesky.oauth_identity import Lookup
from connectors.bluesky.sessions import Session, session
from connectors.bluesky.xrpc import Calls, host, pinned
from engage.errors import Ambiguous, EngageError, Malformed, Refused, Retryable, Unauthorized, Unavailable
from engage.platform import AccountLink, Renewed

REFRESH, SHOW = "com.atproto.server.refreshSession", "com.atproto.server.getSession"
LATER = timedelta(minutes=15)  # after a refusal that is not about the account: somebody must mend something


def long_token(account: AccountLink) -> dict[str, str]:
    """The header of the two calls that take the refresh token."""
    return {"authorization": f"Bearer {account.credentials.get('refresh_jwt', '')}"}


async def renew(account: AccountLink, calls: Calls) -> Renewed:
    """Raises Unauthorized (the session is over, the account closed or gone elsewhere) or Retryable."""
    try:
        fresh = await _fresh(account, calls)
    except (Unauthorized, Refused, Unavailable) as error:
        return await _from_elsewhere(account, error)
    return await _followed(_with(account, fresh), fresh)


async def _fresh(account: AccountLink, calls: Calls) -> Session:
    try:
        fresh = session((await calls.write(REFRESH, None, long_token(account))).json())
    except (Ambiguous, Malformed, ValueError):
        # The server gives the same pair again for two hours: asking once more loses nothing.
        raise Unavailable("the server did not answer with new tokens") from None
    if fresh.closed:
        raise Unauthorized(f"the account is {fresh.closed}: open Bluesky, it says what to do, then connect it again")
    return fresh


async def _followed(account: AccountLink, fresh: Session) -> Renewed:
    """With the server that the old one names, where that takes the tokens. One that cannot tell is asked next time."""
    server = fresh.server
    if server and not pinned(account) and server != host(account):
        there = _at(account, server)
        try:
            await Lookup(account.app).checked(server)
            await _show(there)
        except Unauthorized:
            raise _moved(server) from None
        except (Refused, Retryable):
            pass
        else:
            account = there
    return Renewed(account.credentials, fresh.expires_at)


async def _from_elsewhere(account: AccountLink, error: EngageError) -> Renewed:
    """From the server that the directory names. Raises `error` where that is no other, or cannot be asked."""
    server = await _home(account)
    if not server or pinned(account) or server == host(account):
        raise _later(error)
    there = _at(account, server)
    calls = Calls(there)
    try:
        fresh = await _fresh(there, calls)
    except Unauthorized:
        raise _moved(server) from None
    except (Refused, Retryable):
        raise _later(error) from None
    finally:
        await calls.close()
    return Renewed(_with(there, fresh).credentials, fresh.expires_at)


async def _home(account: AccountLink) -> str:
    """The account's server in the directory; '' where nobody tells."""
    try:
        return (await Lookup(account.app).identity(account.platform_user_id)).server
    except (Refused, Retryable):
        return ""


async def _show(account: AccountLink) -> None:
    calls = Calls(account)
    try:
        await calls.get(SHOW, {})
    finally:
        await calls.close()


def _with(account: AccountLink, fresh: Session) -> AccountLink:
    return replace(account, credentials={**account.credentials, **fresh.credentials})


def _at(account: AccountLink, server: str) -> AccountLink:
    return replace(account, credentials={**account.credentials, "server": server})


def _moved(server: str) -> Unauthorized:
    return Unauthorized(f"the account has moved to {server}: connect it again")


def _later(error: EngageError) -> EngageError:
    return Unavailable(str(error), retry_after=LATER) if isinstance(error, Refused) else error

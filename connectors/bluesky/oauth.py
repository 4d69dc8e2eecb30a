"""How an account is granted on its own server's page (OAuth of the AT Protocol, https://atproto.com/specs/auth)."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from connectors import dpop
from connectors.bluesky import oauth_calls, oauth_client
from connectors.bluesky.oauth_calls import Client, Granted
from connectors.bluesky.oauth_identity import Authorities, Lookup
from connectors.bluesky.profiles import label_of
from connectors.oauth import VERIFIER, challenge, code_in, new_verifier
from engage.errors import Refused, Unauthorized
from engage.grants import Begun, Grant
from engage.platform import AccountLink, App, Renewed


async def begin(app: App, entered: Mapping[str, str], redirect_uri: str, state: str) -> Begun:
    """The page of the account's server. Raises ConfigError, Refused or Retryable."""
    client_id = oauth_client.client_id(app, redirect_uri)
    look, name = Lookup(app), entered.get("handle", "").strip().removeprefix("@")
    who = await look.identity(name)
    server = await look.authorities(who.server)
    client = Client(app, client_id, oauth_client.newest_key(app, client_id), dpop.new_key())
    verifier = new_verifier()
    asked = {
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "scope": oauth_client.SCOPE,
        "state": state,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
        "login_hint": name,
    }
    request = await oauth_calls.push(server, client, asked)
    keep = {VERIFIER: verifier, "issuer": server.issuer, "did": who.did, "handle": who.handle, "server": who.server}
    url = f"{server.authorize}?{urlencode({'client_id': client_id, 'request_uri': request})}"
    return Begun(url, {**keep, **_kept(client)})


async def finish(app: App, answer: Mapping[str, str], redirect_uri: str, keep: Mapping[str, str]) -> Sequence[Grant]:
    """The account that was asked for, and no other. Raises Refused or Retryable."""
    issuer = keep.get("issuer", "")
    if answer.get("iss") != issuer:
        raise Refused("the answer is of another authorization server than the one that was asked")
    code = code_in(answer)
    server, client = await Lookup(app).authorities_of(issuer), _client(app, keep)
    grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    try:
        given = await oauth_calls.tokens(server, client, {**grant, "code_verifier": keep.get(VERIFIER, "")})
    except Unauthorized as error:
        raise Refused(str(error)) from None
    if given.did != keep.get("did"):
        await oauth_calls.revoke(server, client, given.refresh or given.access)
        raise Refused(f"another account signed in than {keep.get('handle')}: begin again, and sign in with that one")
    credentials = _credentials(given, client, issuer)
    allowed = oauth_client.CHAT_SCOPE in given.scope.split()
    config = {"service": keep.get("server", ""), "scope": given.scope, "dms": allowed}
    link = AccountLink("", given.did, keep.get("handle", ""), config, credentials, app)
    config["bot_label"] = await label_of(link)
    return [Grant(given.did, link.handle, credentials, given.expires_at, config)]


async def renew(account: AccountLink) -> Renewed:
    """New tokens for the refresh token, which counts once. Raises Unauthorized (the grant is over) or Retryable."""
    known = account.credentials
    if not known.get("refresh_token"):
        raise Unauthorized("the server gave nothing to renew the access with: connect the account again")
    server, client = await _authorities(account), _client(account.app, known)
    grant = {"grant_type": "refresh_token", "refresh_token": known["refresh_token"]}
    given = await oauth_calls.tokens(server, client, grant)
    if given.did != account.platform_user_id:
        raise Unauthorized("the server renewed the access to another account: connect the account again")
    return Renewed(_credentials(given, client, server.issuer), given.expires_at)


async def revoke(account: AccountLink) -> None:
    """Give the grant back. Raises what a write raises."""
    known = account.credentials
    token = known.get("refresh_token") or known["access_token"]
    await oauth_calls.revoke(await _authorities(account), _client(account.app, known), token)


async def _authorities(account: AccountLink) -> Authorities:
    return await Lookup(account.app).authorities_of(account.credentials.get("issuer", ""))


def _kept(client: Client) -> dict[str, str]:
    return {"client_id": client.id, "client_key_name": client.key_name, "dpop_key": client.key}


def _client(app: App, kept: Mapping[str, str]) -> Client:
    return Client(app, kept.get("client_id", ""), kept.get("client_key_name", ""), kept.get("dpop_key", ""))


def _credentials(given: Granted, client: Client, issuer: str) -> dict[str, str]:
    return {"access_token": given.access, "refresh_token": given.refresh, "issuer": issuer, **_kept(client)}

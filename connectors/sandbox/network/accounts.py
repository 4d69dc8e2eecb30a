"""Creators' accounts: how they connect an app, and how that ends. Tokens work as with OAuth."""

import base64
import re
import secrets
from datetime import datetime, timedelta

from connectors.sandbox.network.state import Account, Network, Refusal

_HANDLE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")


def connect(
    network: Network, handle: str, display_name: str, webhook_url: str, ends_at: datetime | None = None
) -> Account:
    """A new account, or the known one with new tokens: its creator connected the app again."""
    handle = handle.lower()
    if not _HANDLE.fullmatch(handle):
        raise Refusal(422, "malformed", "handle: 1 to 40 of a-z, 0-9, '_', '.' and '-'.")
    user_id = f"u_{handle}"
    account = network.accounts.get(user_id)
    if account is None:
        account = Account(user_id, handle, display_name or handle, f"app_{handle}", "", "", [_new_secret()])
        network.accounts[user_id] = account
    account.display_name = display_name or account.display_name
    account.webhook_url = webhook_url or account.webhook_url
    _issue(network, account, ends_at)
    return account


def refresh(network: Network, refresh_token: str, now: datetime, ends_at: datetime | None, grace: timedelta) -> Account:
    """New tokens for old; the old ones end. A used one has the same answer for `grace`. Raises Refusal 401."""
    for account in network.accounts.values():
        if account.revoked:
            continue
        if _same(account.refresh_token, refresh_token):
            account.used_refresh_token, account.refreshed_at = refresh_token, now
            account.refreshes += 1
            _issue(network, account, ends_at)
            return account
        again = account.refreshed_at is not None and now < account.refreshed_at + grace
        if again and _same(account.used_refresh_token, refresh_token):
            return account
    raise Refusal(401, "unauthorized", "This refresh token is not valid.")


def revoke(network: Network, user_id: str) -> Account:
    """A creator withdraws the app's access."""
    account = network.account(user_id)
    network.tokens.pop(account.access_token, None)
    account.revoked = True
    return account


def change(account: Account, webhook_url: str | None, *, rotate_secret: bool) -> None:
    """Change where events go. After a rotation both secrets sign, until the next rotation."""
    if webhook_url is not None:
        account.webhook_url = webhook_url
    if rotate_secret:
        account.webhook_secrets = [_new_secret(), account.webhook_secrets[0]]


def holder(network: Network, authorization: str, now: datetime) -> Account:
    """The account of a bearer token. Raises Refusal 401."""
    user_id = network.tokens.get(authorization.removeprefix("Bearer "))
    if user_id is None:
        raise Refusal(401, "unauthorized", "This access token is not valid.")
    account = network.accounts[user_id]
    if account.token_ends_at is not None and account.token_ends_at <= now:
        raise Refusal(401, "unauthorized", "This access token has ended.")
    return account


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


def _issue(network: Network, account: Account, ends_at: datetime | None) -> None:
    account.token_ends_at = ends_at
    network.tokens.pop(account.access_token, None)
    account.access_token = f"at_{secrets.token_urlsafe(24)}"
    account.refresh_token = f"rt_{secrets.token_urlsafe(24)}"
    account.revoked = False
    network.tokens[account.access_token] = account.user_id


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()

"""How an account on a sandbox network is granted: the network makes it when it is asked; nobody has to consent."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from connectors import http
from engage.errors import Refused
from engage.grants import Field, Grant
from engage.platform import App

_CREDENTIALS = ("access_token", "refresh_token", "webhook_secret")


class SandboxConnect:
    """An Entry: the address of the network and a handle."""

    app_fields: Sequence[Field] = ()
    account_fields: Sequence[Field] = (
        Field("base_url", "Address of the network", hint="What the network printed when it started"),
        Field("handle", "Handle", hint="Of the creator's account; it is made where there is none"),
    )

    async def grant(self, app: App, entered: Mapping[str, str]) -> Sequence[Grant]:
        """Connecting a known handle again gives new tokens. Raises Refused or Retryable."""
        base_url, handle = entered["base_url"], entered["handle"]
        async with http.client(base_url) as calls:
            asked = {"handle": handle, "display_name": handle}
            answer = await http.read(calls, calls.build_request("POST", "/api/accounts", json=asked))
        try:
            said = answer.json()
            ends = said.get("expires_at")
            credentials = {name: str(said[name]) for name in _CREDENTIALS}
            return [
                Grant(
                    str(said["user_id"]),
                    handle,
                    credentials,
                    datetime.fromisoformat(ends) if ends else None,
                    {"base_url": base_url},
                )
            ]
        except (ValueError, KeyError, TypeError):
            raise Refused(f"{base_url} is no sandbox network") from None


CONNECT = SandboxConnect()

"""HTTP for whoever runs the network: accounts, dials, figures. Paths with `_` are not part of what apps may use."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.network import accounts, events, faults, forms, stats, wire
from connectors.sandbox.network.site import Site
from connectors.sandbox.network.state import Refusal


class AdminApi:
    """Accounts, faults, statistics."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def routes(self) -> list[Route]:
        """What the operator of the network can do."""
        return [
            Route("/api/accounts", self.connect, methods=["POST"]),
            Route("/api/accounts/{id}", self.change, methods=["PATCH"]),
            Route("/api/accounts/{id}/revoke", self.revoke, methods=["POST"]),
            Route("/_faults", self.show_faults, methods=["GET"]),
            Route("/_faults", self.set_faults, methods=["PUT"]),
            Route("/_stats", self.stats, methods=["GET"]),
            Route("/_messages", self.messages, methods=["GET"]),
            Route("/_redeliver", self.redeliver, methods=["POST"]),
            Route("/_reset", self.reset, methods=["POST"]),
        ]

    async def connect(self, request: Request) -> Response:
        body = await wire.body(request)
        handle, name = forms.word(body, "handle"), forms.optional(body, "display_name")
        url = forms.optional(body, "webhook_url")
        account = accounts.connect(self.site.network, handle, name, url, self.site.token_end())
        return wire.answer(events.account_json(account), 201)

    async def change(self, request: Request) -> Response:
        """Needs the account's own token, as the address decides who reads its messages."""
        body = await wire.body(request)
        account = self.site.holder(request)
        if self.site.network.account(request.path_params["id"]) is not account:
            raise Refusal(403, "not_yours", "This token is for another account.")
        url = forms.optional(body, "webhook_url") if "webhook_url" in body else None
        accounts.change(account, url, rotate_secret=forms.flag(body, "rotate_secret"))
        return wire.answer(events.account_json(account))

    async def revoke(self, request: Request) -> Response:
        account = accounts.revoke(self.site.network, request.path_params["id"])
        self.site.announce_revoked(account)
        return wire.answer({"user_id": account.user_id})

    async def show_faults(self, request: Request) -> Response:
        return wire.answer(faults.as_json(self.site.faults))

    async def set_faults(self, request: Request) -> Response:
        self.site.faults = faults.changed(self.site.faults, await wire.body(request))
        return wire.answer(faults.as_json(self.site.faults))

    async def stats(self, request: Request) -> Response:
        figures = stats.figures(self.site.network)
        webhooks = self.site.webhooks.figures()
        return wire.answer({**figures, "webhooks": webhooks, "faults": dict(self.site.injected)})

    async def messages(self, request: Request) -> Response:
        name = request.query_params.get("creator", "")
        creator_id = self.site.network.account(name).user_id if name else ""
        surface = request.query_params.get("surface", "")
        return wire.answer({"messages": stats.dump(self.site.network, creator_id, surface)})

    async def redeliver(self, request: Request) -> Response:
        return wire.answer({"redelivered": self.site.webhooks.redeliver()})

    async def reset(self, request: Request) -> Response:
        self.site.reset()
        return wire.answer({})

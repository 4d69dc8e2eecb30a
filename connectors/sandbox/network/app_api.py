"""HTTP for apps that answer in a creator's name: bearer token, strict rules, faults on demand.

What the rules refuse here is counted as a violation by its code: a well-behaved app has none.
"""

import asyncio
import math
from datetime import timedelta

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.network import accounts, app_acts, events, forms, wire
from connectors.sandbox.network.faults import Ending
from connectors.sandbox.network.site import Site
from connectors.sandbox.network.state import Note, Refusal
from connectors.sandbox.network.wire import Handler

EVENTS_AT_ONCE = 1000


class AppApi:
    """Reply, look, take back, poll."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def routes(self) -> list[Route]:
        """What an app can do."""
        return [
            Route("/api/reply", self._strict(self.reply), methods=["POST"]),
            Route("/api/replies", self._strict(self.replies), methods=["GET"]),
            Route("/api/replies/{id}", self._strict(self.remove), methods=["DELETE"]),
            Route("/api/events", self._strict(self.events), methods=["GET"]),
            Route("/api/token/refresh", self._strict(self.refresh), methods=["POST"]),
        ]

    def _strict(self, handler: Handler) -> Handler:
        async def counted(request: Request) -> Response:
            try:
                return await handler(request)
            except Refusal as refusal:
                self.site.network.violations[refusal.code] += 1
                raise

        return counted

    async def reply(self, request: Request) -> Response:
        site = self.site
        account = site.holder(request)
        if over := site.over_limit(account):
            site.network.violations["rate_limited"] += 1
            return wire.problem(429, "rate_limited", "Too many replies.", {"retry-after": str(math.ceil(over))})
        body = await wire.body(request)
        ending = site.roll()
        if ending is Ending.RATE_LIMITED:
            wait = {"retry-after": str(math.ceil(site.faults.retry_after_s))}
            return wire.problem(429, "rate_limited", "Too many replies.", wait)
        if ending is Ending.FAILED_BEFORE:
            return wire.problem(503, "unavailable", "Try again.")
        keys = site.faults.idempotency_keys
        note, new = app_acts.reply(site.network, account, forms.answering(body), site.now(), keys=keys)
        if new:
            site.announce("created", note)
        return await self._end(ending, request, note)

    async def _end(self, ending: Ending, request: Request, note: Note) -> Response:
        """The reply is posted; now the answer to it may get lost."""
        if ending is Ending.FAILED_AFTER:
            return wire.problem(502, "bad_gateway", "No answer from the server behind.")
        if ending is Ending.TIMED_OUT:
            await asyncio.sleep(self.site.faults.timeout_s)
        if ending is Ending.RESET:
            request.scope["extensions"]["sandbox.connection"]["abort"]()
            await asyncio.sleep(0)  # let the server notice, so that it does not write to a closed connection
        return wire.answer({"id": note.id, "sent_at": note.sent_at})

    async def replies(self, request: Request) -> Response:
        conversation_id = request.query_params.get("conversation_id", "")
        in_reply_to = request.query_params.get("in_reply_to", "")
        account = self.site.holder(request)
        if not (conversation_id or in_reply_to):
            raise Refusal(422, "malformed", "conversation_id or in_reply_to is needed.")
        lag = timedelta(seconds=self.site.faults.readback_lag_s)
        found = app_acts.replies(self.site.network, account, conversation_id, in_reply_to, lag, self.site.now())
        return wire.answer({"replies": [events.reply_json(note) for note in found]})

    async def remove(self, request: Request) -> Response:
        account = self.site.holder(request)
        note, was_there = app_acts.remove(self.site.network, account, request.path_params["id"])
        if was_there:
            self.site.announce("deleted", note)
        return wire.answer({"id": note.id})

    async def events(self, request: Request) -> Response:
        """The account's events after number `after`. A cursor of a network that forgot is set back to its end."""
        account = self.site.holder(request)
        log = account.events
        after = min(wire.number(request, "after", 0, 2**53), len(log))
        page = log[after : after + wire.number(request, "limit", 200, EVENTS_AT_ONCE)]
        return wire.answer({"events": [orjson.Fragment(event) for event in page], "cursor": after + len(page)})

    async def refresh(self, request: Request) -> Response:
        token = forms.word(await wire.body(request), "refresh_token")
        site = self.site
        grace = timedelta(seconds=site.faults.refresh_grace_s)
        account = accounts.refresh(site.network, token, site.now(), site.token_end(), grace)
        return wire.answer(events.tokens_json(account))

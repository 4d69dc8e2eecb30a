"""What platforms and people call about erasing: the request, and the page that tells what became of it.

The page is open to whoever knows its code, and says nothing of whom it is about.
"""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from engage.errors import ConfigError
from engage.ledger import erasures
from engage.ledger.creators import UnknownAccount
from engage.platform import Erasing
from workers.hooks import read_body
from workers.runtime import Runtime, utc_now
from workers.switchboard import Switchboard

PREFIX = "/erasures"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<h1>{title}</h1>
<p>{text}</p>
</html>
"""


class Erasures:
    """POST /erasures/{platform}, and GET /erasures/{code}."""

    def __init__(self, runtime: Runtime, switchboard: Switchboard) -> None:
        self._runtime = runtime
        self._switchboard = switchboard

    def routes(self) -> list[BaseRoute]:
        return [
            Route(f"{PREFIX}/{{platform}}", self.take, methods=["POST"]),
            Route(f"{PREFIX}/{{code}}", self.show, methods=["GET"]),
        ]

    async def take(self, request: Request) -> Response:
        """Verify a platform's request, keep it, and say where its fate is told. In this order."""
        platform = request.path_params["platform"]
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await read_body(request.receive, headers, self._runtime.settings.max_body)
        webhooks = await self._switchboard.webhooks(platform)
        if not isinstance(webhooks, Erasing):
            raise UnknownAccount("this platform passes on no requests to be erased")
        asked = webhooks.erasure_asked(headers, body, utc_now())
        page = self._page_of("")
        code = await self._runtime.db.run(erasures.ask, platform, asked.person_id, asked.key, utc_now())
        return Response(webhooks.erasure_acknowledged(page + code, code), media_type="application/json")

    def _page_of(self, code: str) -> str:
        base = self._runtime.settings.public_url.rstrip("/")
        if not base:
            fix = "Set it to the address at which the platform reaches this receiver"
            why = "it is needed to say where a request can be followed"
            raise ConfigError(why, key="public_url", place="settings", fix=fix)
        return f"{base}{PREFIX}/{code}"

    async def show(self, request: Request) -> Response:
        """The page of a code."""
        row = await self._runtime.db.read(erasures.find, request.path_params["code"])
        if row is None:
            text = "There is no such request, or it was done more than 180 days ago."
            return HTMLResponse(PAGE.format(title="Unknown request", text=text), 404, HEADERS)
        return HTMLResponse(PAGE.format(**told(row.asked_at, row.done_at, row.erased)), headers=HEADERS)


def told(asked_at: datetime, done_at: datetime | None, erased: int) -> dict[str, str]:
    """Title and text of a request's page. Pure."""
    came = f"This request came in on {_time(asked_at)}."
    if done_at is None:
        return {"title": "Received", "text": f"{came} It is being carried out; look here again in a few minutes."}
    found = "Everything that was kept was erased" if erased else "Nothing was kept that could be erased"
    return {"title": "Done", "text": f"{came} {found}, on {_time(done_at)}."}


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d at %H:%M} UTC"

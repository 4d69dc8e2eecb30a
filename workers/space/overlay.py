"""The overlay for a broadcast (OBS browser source): what the avatar answered in the live room, as it answers.

On a platform where nothing can be written into the live chat this is where answers are seen.
"""

import hmac
from datetime import timedelta

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from engage.compose import disclosure
from engage.ledger import creators
from engage.ledger.lines import live_answers
from engage.secrets import secret_file
from engage.settings import Settings
from workers.runtime import Runtime, utc_now
from workers.space import visitors
from workers.space.chat import FILES, HEADERS, KEY_FILE

SHOWN = timedelta(seconds=90)  # for how long an answer is looked for


def path_of(settings: Settings, account_id: str) -> str:
    """Where the overlay of an account lies, below the receiver's address. Whoever knows it sees it."""
    key = secret_file(settings.directory / KEY_FILE)
    return f"/overlay/{account_id}/{visitors.overlay_token(key, account_id)}"


class Overlay:
    """The overlays of one receiver."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._key = secret_file(runtime.settings.directory / KEY_FILE)
        self._html = (FILES / "overlay.html").read_text(encoding="utf-8")

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/overlay/{account}/{token}", self.show, methods=["GET"]),
            Route("/overlay/{account}/{token}/answers", self.tell, methods=["GET"]),
        ]

    async def show(self, request: Request) -> Response:
        if not self._may_see(request):
            return Response(status_code=404)
        return HTMLResponse(self._html, headers=HEADERS)

    async def tell(self, request: Request) -> Response:
        if not self._may_see(request):
            return Response(status_code=404)
        account = request.path_params["account"]
        found = await self._runtime.db.read(live_answers, account, utc_now() - SHOWN)
        mark = _mark(await self._runtime.db.read(_language, account)) if found else ""
        shown = [
            {
                "id": one.id,
                "to": one.to,
                "question": one.question,
                "text": one.text,
                "mark": "" if one.by_hand else mark,
            }
            for one in found
        ]
        return JSONResponse({"answers": shown}, headers=HEADERS)

    def _may_see(self, request: Request) -> bool:
        right = visitors.overlay_token(self._key, request.path_params["account"])
        return hmac.compare_digest(request.path_params["token"].encode(), right.encode())


def _language(tx: Connection, account_id: str) -> str:
    """The creator's: that of the audience which must understand the mark."""
    return creators.get_creator(tx, creators.get_account(tx, account_id).creator_id).language


def _mark(language: str) -> str:
    """What stands under every answer, as viewers of a stream come and go."""
    known = disclosure.texts()
    return known.get(language.casefold().replace("_", "-").split("-")[0], known["en"])["tag"]

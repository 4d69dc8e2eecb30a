"""The page `/@name`, where anyone can talk to the avatar. What is written goes the way of every delivery."""

import json
import math
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from engage.ledger.creators import everything_paused_at, get_mode
from engage.ledger.inbox import Incoming
from engage.ledger.lines import Page, lines, page
from engage.models import Mode, Surface
from engage.secrets import secret_file
from workers.group_commit import GroupCommit
from workers.hooks import Arrival
from workers.runtime import Runtime, utc_now
from workers.space import visitors
from workers.space.forgetting import PLATFORM, forget
from workers.throttle import Throttle

FILES = Path(__file__).with_name("files")
KEY_FILE = "space.key"
LONGEST = 1000  # characters of a message
LARGEST = 8000  # bytes of a request
MINUTE = timedelta(minutes=1)
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Chat:
    """The pages of one receiver. `commits` keeps what visitors write, as it keeps what platforms say."""

    def __init__(self, runtime: Runtime, commits: GroupCommit[Arrival, None]) -> None:
        self._runtime = runtime
        self._commits = commits
        self._key = secret_file(runtime.settings.directory / KEY_FILE)
        self._visitors = Throttle(tries=10, window=MINUTE)
        self._pages = Throttle(tries=120, window=MINUTE)
        self._html = (FILES / "chat.html").read_text(encoding="utf-8")

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/@{name}", self.show, methods=["GET"]),
            Route("/@{name}/lines", self.tell, methods=["GET"]),
            Route("/@{name}/lines", self.write, methods=["POST"]),
            Route("/@{name}/lines", self.forget, methods=["DELETE"]),
            Route("/space/{file}", self.file, methods=["GET"]),
        ]

    async def show(self, request: Request) -> Response:
        """The page. It makes no visitor: who only looks is nobody yet."""
        if await self._page(request) is None:
            return HTMLResponse("<!doctype html><title>Not here</title><p>There is no such page.", 404, HEADERS)
        if (name := _name(request)) != request.path_params["name"]:  # its cookie is for one way of writing it
            return RedirectResponse(f"/@{name}", 308, HEADERS)
        return HTMLResponse(self._html, headers=HEADERS)

    async def file(self, request: Request) -> Response:
        """Script and style, by name."""
        name = request.path_params["file"]
        if name not in {file.name for file in FILES.iterdir() if file.suffix in (".js", ".css")}:
            return Response(status_code=404)
        return FileResponse(FILES / name, headers={**HEADERS, "Cache-Control": "max-age=300"})

    async def tell(self, request: Request) -> Response:
        """What was said so far, and who is talked to."""
        found = await self._page(request)
        if found is None:
            return _refused(404, "There is no such page.")
        visitor = self._visitor(request)
        said = await self._runtime.db.read(lines, found.account_id, f"visitor:{visitor}") if visitor else []
        shown = [
            {"id": line.id, "text": line.text, "at": line.at.isoformat(), "ours": line.ours, "by_hand": line.by_hand}
            for line in said
        ]
        about = {"name": found.display_name, "bio": found.bio, "language": found.language, "open": found.open}
        return JSONResponse({"about": about, "lines": shown}, headers=HEADERS)

    async def write(self, request: Request) -> Response:
        """A visitor writes. It is committed before they hear that it was taken."""
        found = await self._page(request)
        if found is None:
            return _refused(404, "There is no such page.")
        try:
            said = await _message(request)
        except ValueError as error:
            return _refused(422, str(error))
        known = self._visitor(request)
        if (refusal := self._may_write(found, known)) is not None:
            return refusal
        visitor = known or self._newcomer()
        message_id = f"{visitor}:{said['id']}"
        body = {"kind": "message", "id": message_id, "text": said["text"], "sent_at": utc_now().isoformat()}
        delivery = json.dumps({**body, "visitor": {"id": visitor}}).encode()
        await self._commits.add(Incoming(found.account_id, message_id, "webhook", delivery))
        answer = JSONResponse({"id": message_id}, 202, HEADERS)
        answer.set_cookie(
            visitors.COOKIE,
            visitors.signed(self._key, _name(request), visitor, utc_now()),
            int(visitors.LASTS.total_seconds()),
            path=f"/@{_name(request)}",
            httponly=True,
            samesite="lax",
            secure=_tls(request),
        )
        return answer

    async def forget(self, request: Request) -> Response:
        """Erase what this visitor said, and who they were."""
        found, visitor = await self._page(request), self._visitor(request)
        if found is not None and visitor:
            await self._runtime.db.run(forget, found.account_id, visitor, utc_now())
        answer = JSONResponse({"forgotten": True}, headers=HEADERS)
        answer.delete_cookie(visitors.COOKIE, path=f"/@{_name(request)}")
        return answer

    async def _page(self, request: Request) -> Page | None:
        return await self._runtime.db.read(_open_page, _name(request))

    def _visitor(self, request: Request) -> str | None:
        return visitors.known(self._key, _name(request), request.cookies.get(visitors.COOKIE, ""), utc_now())

    def _newcomer(self) -> str:
        """Remembered only where their page let them in: whoever is nobody yet may ask without end."""
        visitor = visitors.new_visitor()
        self._visitors.admit(visitor, utc_now())
        return visitor

    def _may_write(self, found: Page, visitor: str | None) -> Response | None:
        """None where they may. A page as a whole has a limit too: visitors cost nothing to make.

        visitor: None for who comes for the first time.
        """
        if not found.open:
            return _refused(409, "This page is closed for a while. Come back later.")
        for throttle, who in ((self._visitors, visitor), (self._pages, found.account_id)):
            if who and (wait := throttle.admit(who, utc_now())) is not None:
                seconds = math.ceil(wait.total_seconds())
                return _refused(429, f"That was a lot at once. Try again in {seconds} seconds.", seconds)
        return None


def _name(request: Request) -> str:
    """The page's name, however it is written in the address."""
    return str(request.path_params["name"]).lower()


def _open_page(tx: Connection, name: str) -> Page | None:
    """A page, closed where nobody would answer."""
    found = page(tx, PLATFORM, name)
    if found is None:
        return None
    listens = get_mode(tx, found.account_id, Surface.DM).mode is not Mode.OFF
    return replace(found, open=found.open and listens and everything_paused_at(tx) is None)


async def _message(request: Request) -> dict[str, str]:
    """What a visitor sent. Raises ValueError, which says what is wrong."""
    if int(request.headers.get("content-length") or LARGEST + 1) > LARGEST:
        raise ValueError(f"A message has at most {LONGEST} characters.")
    if request.headers.get("content-type", "").split(";")[0] != "application/json":
        raise ValueError("Expected JSON.")
    try:
        said: Any = await request.json()
        found = {"id": str(said["id"]), "text": said["text"].strip()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("Expected an id and a text.") from None
    if not _ID.fullmatch(found["id"]):  # it becomes a key, and is committed together with those of others
        raise ValueError("Expected an id and a text.")
    if not found["text"]:
        raise ValueError("There is nothing in it.")
    if len(found["text"]) > LONGEST:
        raise ValueError(f"A message has at most {LONGEST} characters.")
    return found


def _tls(request: Request) -> bool:
    return request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"


def _refused(status: int, why: str, wait: int = 0) -> Response:
    more = {"Retry-After": str(wait)} if wait else {}
    return JSONResponse({"error": why}, status, {**HEADERS, **more})

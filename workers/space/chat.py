"""The page `/@name`, where anyone can talk to the avatar. What is written goes the way of every delivery."""

import json
import math
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from engage.ledger import erasure
from engage.ledger.inbox import Incoming
from engage.ledger.lines import Page, lines, page
from engage.secrets import secret_file
from workers.group_commit import GroupCommit
from workers.runtime import Runtime, utc_now
from workers.space import visitors
from workers.throttle import Throttle

PLATFORM = "webchat"
FILES = Path(__file__).with_name("files")
KEY_FILE = "space.key"
LONGEST = 1000  # characters of a message
LARGEST = 8000  # bytes of a request
MINUTE = timedelta(minutes=1)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Chat:
    """The pages of one receiver. `commits` keeps what visitors write, as it keeps what platforms say."""

    def __init__(self, runtime: Runtime, commits: GroupCommit[Incoming, None]) -> None:
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
        visitor = self._visitor(request) or visitors.new_visitor()
        if (refusal := self._may_write(found, visitor)) is not None:
            return refusal
        message_id = f"{visitor}:{said['id']}"
        body = {"kind": "message", "id": message_id, "text": said["text"], "sent_at": utc_now().isoformat()}
        delivery = json.dumps({**body, "visitor": {"id": visitor}}).encode()
        await self._commits.add(Incoming(found.account_id, message_id, "webhook", delivery))
        answer = JSONResponse({"id": message_id}, 202, HEADERS)
        name = request.path_params["name"]
        cookie = visitors.signed(self._key, name, visitor)
        answer.set_cookie(
            visitors.COOKIE,
            cookie,
            visitors.LASTS,
            path=f"/@{name}",
            httponly=True,
            samesite="lax",
            secure=_tls(request),
        )
        return answer

    async def forget(self, request: Request) -> Response:
        """Erase what this visitor said, and who they were."""
        visitor = self._visitor(request)
        if visitor:
            with suppress(erasure.UnknownFollower):  # they never wrote, or are forgotten already
                await self._runtime.db.run(erasure.forget_follower, PLATFORM, visitor)
        answer = JSONResponse({"forgotten": True}, headers=HEADERS)
        answer.delete_cookie(visitors.COOKIE, path=f"/@{request.path_params['name']}")
        return answer

    async def _page(self, request: Request) -> Page | None:
        return await self._runtime.db.read(page, PLATFORM, request.path_params["name"].lower())

    def _visitor(self, request: Request) -> str | None:
        cookie = request.cookies.get(visitors.COOKIE, "")
        return visitors.known(self._key, request.path_params["name"], cookie)

    def _may_write(self, found: Page, visitor: str) -> Response | None:
        """None where they may. A page as a whole has a limit too: visitors cost nothing to make."""
        if not found.open:
            return _refused(409, "This page is closed for a while. Come back later.")
        for throttle, who in ((self._visitors, visitor), (self._pages, found.account_id)):
            if (wait := throttle.admit(who, utc_now())) is not None:
                seconds = math.ceil(wait.total_seconds())
                return _refused(429, f"That was a lot at once. Try again in {seconds} seconds.", seconds)
        return None


async def _message(request: Request) -> dict[str, str]:
    """What a visitor sent. Raises ValueError, which says what is wrong."""
    if int(request.headers.get("content-length") or LARGEST + 1) > LARGEST:
        raise ValueError(f"A message has at most {LONGEST} characters.")
    if request.headers.get("content-type", "").split(";")[0] != "application/json":
        raise ValueError("Expected JSON.")
    try:
        said: Any = await request.json()
        found = {"id": str(said["id"])[:64], "text": said["text"].strip()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError("Expected an id and a text.") from None
    if not found["id"] or not found["text"]:
        raise ValueError("There is nothing in it.")
    if len(found["text"]) > LONGEST:
        raise ValueError(f"A message has at most {LONGEST} characters.")
    return found


def _tls(request: Request) -> bool:
    return request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"


def _refused(status: int, why: str, wait: int = 0) -> Response:
    more = {"Retry-After": str(wait)} if wait else {}
    return JSONResponse({"error": why}, status, {**HEADERS, **more})

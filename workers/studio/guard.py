"""What stands before every page: nothing is shown to who is not signed in, and nothing is loaded from elsewhere."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from nicegui import app as pages
from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workers.studio import login, session

OPEN = (login.PATH,)
OPEN_BELOW = ("/_nicegui/", "/_nicegui_ws/")  # scripts and styles; the socket serves pages that were let through here
HEADERS = {
    # Vue compiles its templates in the browser, which is what unsafe-eval is for; texts are never markup.
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws: wss:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


class SignInRequired:
    """Sends who is not signed in to the sign-in. What is not named as open is closed, so a new page is too."""

    def __init__(self, app: ASGIApp, now: Callable[[], datetime]) -> None:
        self._app = app
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._may_pass(scope["path"]):
            await self._app(scope, receive, send)
            return
        target = login.safe_target(scope["path"])
        if (query := scope["query_string"].decode("latin-1")) and target not in login.PAGES:
            target = login.safe_target(f"{scope['path']}?{query}")  # a consent that came back would be lost without it
        to = f"?to={quote(target, safe='/')}" if target != "/" else ""
        there = RedirectResponse(f"{login.PATH}{to}", status_code=303)
        await there(scope, receive, send)

    def _may_pass(self, path: str) -> bool:
        if path in OPEN or path.startswith(OPEN_BELOW):
            return True
        return session.read(pages.storage.user, self._now()) is not None


class SafeHeaders:
    """Adds the headers that keep a page alone with itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, send_safe if scope["type"] == "http" else send)

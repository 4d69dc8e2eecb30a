"""The studio as one ASGI application."""

from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from nicegui import app as pages
from nicegui import ui
from nicegui.storage import Storage

from engage.secrets import secret_file
from workers.forgetting import Forgetting, InMemory
from workers.studio import accounts, activity, connect, inbox, login, platforms, questions, voice
from workers.studio.context import StudioContext
from workers.studio.guard import SafeHeaders, SignInRequired
from workers.studio.session import LASTS

STYLE = Path(__file__).with_name("style.css")
FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#2f56c6"/>'
    '<path d="M9 11h14M9 16h9M9 21h12" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>'
)
COOKIE = "engage_studio"  # cookies do not know ports: another app on this machine must not overwrite it


def make_app(studio: StudioContext) -> FastAPI:
    """The application over a context. Once a process: NiceGUI's registry of pages is global."""
    app = FastAPI(title="Engage studio", openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(SafeHeaders)

    @app.get("/healthz")
    async def healthy() -> dict[str, bool]:
        return {"ok": True}

    pages.add_middleware(SignInRequired, now=studio.now)
    pages.add_exception_handler(Exception, _failed)
    ui.add_css(STYLE, shared=True)
    for module in (login, activity, inbox, questions, voice, accounts, platforms, connect):
        module.register(studio)
    pages.on_startup(Forgetting(InMemory(studio.db)).run)
    home = studio.settings.directory
    _keep_sessions_in(home / "studio")
    ui.run_with(
        app,
        title="Engage",
        favicon=FAVICON,
        dark=None,  # as the system says
        language="en-US",
        tailwind=False,
        binding_refresh_interval=None,
        show_welcome_message=False,
        storage_secret=storage_secret(home),
        session_middleware_kwargs={
            "session_cookie": COOKIE,
            "max_age": int(LASTS.total_seconds()),
            "same_site": "lax",
        },
    )
    return app


async def _failed(_: Request, error: Exception) -> Response:
    """NiceGUI's own page shows the words of the error, which may be a follower's. The log tells what it was."""
    return PlainTextResponse(f"This page failed ({type(error).__name__}). The studio's log says where.", 500)


def storage_secret(home: Path) -> str:
    """The key that signs session cookies."""
    return secret_file(home / "studio.secret")


def _keep_sessions_in(folder: Path) -> None:
    folder.mkdir(exist_ok=True, mode=0o700)
    Storage.path = folder

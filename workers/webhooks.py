"""The receiver's process: deliveries (`hooks`), and the pages that platforms, supervisors and Prometheus ask for."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.types import Receive, Scope, Send

import connectors
from engage.errors import EngageError
from engage.ledger import creators, engines, inbox
from engage.settings import load
from workers import metrics, process
from workers.erasures import Erasures
from workers.hooks import Hooks, refusal, source_of
from workers.runtime import Runtime, utc_now
from workers.space.chat import Chat
from workers.space.overlay import Overlay
from workers.watchdog import is_stuck


class Receiver:
    """The ASGI application: deliveries go straight to `Hooks`, everything else through FastAPI."""

    def __init__(self, hooks: Hooks, pages: FastAPI) -> None:
        self._hooks = hooks
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._hooks if Hooks.takes(scope) else self._pages)(scope, receive, send)


def make_app(runtime: Runtime) -> Receiver:
    """The ASGI application over a runtime."""
    hooks = Hooks(runtime)
    return Receiver(hooks, _pages(runtime, hooks))


def _pages(runtime: Runtime, hooks: Hooks) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with hooks.commits:
            yield
        await runtime.aclose()

    app = FastAPI(title="Engage webhooks", lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/hooks/{platform}/{account_id}")
    async def challenge(platform: str, account_id: str, request: Request) -> Response:
        source = await source_of(runtime, platform, account_id)
        return _proof(source.challenge(dict(request.query_params)))

    @app.get("/hooks/{platform}")
    async def challenge_of_app(platform: str, request: Request) -> Response:
        webhooks = await hooks.switchboard.webhooks(platform)
        return _proof(webhooks.challenge(dict(request.query_params)))

    app.router.routes += [*Chat(runtime, hooks.commits).routes(), *Overlay(runtime).routes()]
    app.router.routes += Erasures(runtime, hooks.switchboard).routes()
    _add_health(app, runtime)

    @app.exception_handler(EngageError)
    async def failed(request: Request, error: Exception) -> Response:
        assert isinstance(error, EngageError)  # the decorator's promise, which its type does not tell
        return refusal(request.url.path, error)

    return app


def _proof(answer: str | None) -> Response:
    """That the endpoint is ours, in whatever form the platform asked for it."""
    if answer is None:
        return PlainTextResponse("this is no webhook challenge", status_code=400)
    return Response(answer, media_type="application/json" if answer.startswith("{") else "text/plain")


def _add_health(app: FastAPI, runtime: Runtime) -> None:
    """What supervisors and Prometheus ask."""
    page = metrics.Page(runtime.db)

    @app.get("/healthz")
    async def healthy() -> dict[str, int]:
        return {"waiting": await runtime.db.read(inbox.waiting)}

    @app.get("/healthz/workers")
    async def workers_healthy() -> Response:
        reports = await runtime.db.read(engines.reports)
        stuck = sum(is_stuck(report, utc_now()) for report in reports)
        status = 200 if reports and not stuck else 503
        return JSONResponse({"workers": len(reports) - stuck, "stuck": stuck}, status)

    @app.get("/metrics")
    async def measured() -> Response:
        return Response(await page.text(), media_type=metrics.CONTENT_TYPE)


def warm_up(runtime: Runtime) -> None:
    """Before the first call: it waits for no import, and no later one for a look through all that was loaded."""
    with runtime.db.reading() as tx:
        used = creators.used_platforms(tx, connectors.platforms())
    for platform in used:
        connectors.connector_class(platform)
        connectors.webhooks_of(platform)
    process.keep_what_is_loaded()


def main() -> int:
    settings = load()
    process.begin(settings.log_level)
    runtime = Runtime.start(settings)
    app = make_app(runtime)
    warm_up(runtime)
    options = {"log_config": None, "access_log": False, "proxy_headers": False, "timeout_graceful_shutdown": 10}
    uvicorn.run(app, host=settings.host, port=settings.webhook_port, **options)  # type: ignore[arg-type]
    return 0


if __name__ == "__main__":
    sys.exit(main())

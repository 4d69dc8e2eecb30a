"""The webhook receiver: verify the raw bytes, commit the delivery, answer 2xx, wake a worker. In this order."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from engage.errors import EngageError, InvalidSignature, Malformed, Unavailable
from engage.ledger import engines, inbox
from engage.ledger.creators import UnknownAccount
from engage.ledger.inbox import Incoming
from engage.platform import Connector, WebhookSource
from engage.settings import load
from workers import metrics, process, queues
from workers.group_commit import GroupCommit
from workers.runtime import Runtime, utc_now
from workers.watchdog import is_stuck

log = structlog.get_logger()


class TooLarge(EngageError):
    """The body is larger than the `max_body` setting allows."""


def make_app(runtime: Runtime) -> FastAPI:
    """The ASGI application over a runtime."""

    async def store(batch: list[Incoming]) -> list[None]:
        await runtime.db.run(inbox.store, batch, utc_now())
        runtime.waker.wake(queues.INTAKE)
        return [None] * len(batch)

    commits: GroupCommit[Incoming, None] = GroupCommit(store)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with commits:
            yield
        await runtime.aclose()

    app = FastAPI(title="Engage webhooks", lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)

    @app.post("/hooks/{platform}/{account_id}")
    async def receive(platform: str, account_id: str, request: Request) -> Response:
        body = await _body(request, runtime.settings.max_body)
        source = await _source(runtime, platform, account_id)
        event = source.receive(dict(request.headers), body, utc_now())
        await commits.add(Incoming(account_id, event.key, "webhook", event.body))
        metrics.DELIVERIES.labels(platform).inc()
        return Response(status_code=202)

    @app.get("/hooks/{platform}/{account_id}")
    async def challenge(platform: str, account_id: str, request: Request) -> Response:
        source = await _source(runtime, platform, account_id)
        answer = source.challenge(dict(request.query_params))
        if answer is None:
            return PlainTextResponse("this is no webhook challenge", status_code=400)
        return PlainTextResponse(answer)

    _add_health(app, runtime)

    @app.exception_handler(EngageError)
    async def failed(request: Request, error: Exception) -> Response:
        status = _status(error)
        log.warning("webhook_refused", path=request.url.path, status=status, error=str(error))
        headers = {"Retry-After": "5"} if status == 503 else {}
        return JSONResponse({"error": str(error)}, status_code=status, headers=headers)

    return app


def _add_health(app: FastAPI, runtime: Runtime) -> None:
    """What supervisors and Prometheus ask."""

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
        return Response(metrics.latest(), media_type=metrics.CONTENT_TYPE)


def _status(error: Exception) -> int:
    statuses: list[tuple[type[EngageError], int]] = [
        (InvalidSignature, 401),
        (Malformed, 400),
        (UnknownAccount, 404),
        (TooLarge, 413),
        (Unavailable, 503),
    ]
    return next((status for kind, status in statuses if isinstance(error, kind)), 500)


async def _body(request: Request, limit: int) -> bytes:
    """The raw body. Stops reading past `limit` bytes, whatever the Content-Length said."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"the body has {declared} bytes, {limit} are allowed")
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"the body has more than {limit} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


async def _source(runtime: Runtime, platform: str, account_id: str) -> WebhookSource:
    connector: Connector = await runtime.connector(account_id, aged=True)
    if type(connector).name != platform or not isinstance(connector, WebhookSource):
        raise UnknownAccount(f"account {account_id!r} takes no {platform} webhooks")
    return connector


def main() -> int:
    settings = load()
    process.begin(settings.log_level)
    app = make_app(Runtime.start(settings))
    options = {"log_config": None, "access_log": False, "timeout_graceful_shutdown": 10}
    uvicorn.run(app, host=settings.host, port=settings.webhook_port, **options)  # type: ignore[arg-type]
    return 0


if __name__ == "__main__":
    sys.exit(main())

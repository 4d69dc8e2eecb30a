"""The other reference: a server that reads the body and answers 202, and does nothing else."""

import sys
from typing import Any

import uvicorn

from engage.settings import load
from workers import process


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Bare ASGI."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    while (await receive()).get("more_body"):
        continue
    await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def main() -> int:
    settings = load()
    process.begin(settings.log_level)
    uvicorn.run(app, host=settings.host, port=settings.webhook_port, log_config=None, access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())

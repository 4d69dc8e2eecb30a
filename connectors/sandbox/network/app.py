"""The network as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from connectors.sandbox.network.admin_api import AdminApi
from connectors.sandbox.network.app_api import AppApi
from connectors.sandbox.network.page_api import PageApi
from connectors.sandbox.network.people_api import PeopleApi
from connectors.sandbox.network.site import Site
from connectors.sandbox.network.state import Refusal
from connectors.sandbox.network.wire import refused


def application(site: Site) -> Starlette:
    """Everything under one address, hottest first; webhooks go out while it runs."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        delivering = asyncio.create_task(site.webhooks.run())
        yield
        delivering.cancel()
        with suppress(asyncio.CancelledError):
            await delivering

    routes = [*AppApi(site).routes(), *PeopleApi(site).routes(), *AdminApi(site).routes(), *PageApi(site).routes()]
    return Starlette(routes=routes, exception_handlers={Refusal: refused, HTTPException: refused}, lifespan=lifespan)

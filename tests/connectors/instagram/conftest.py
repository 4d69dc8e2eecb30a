"""A simulated Instagram, and a connector of its account."""

from collections.abc import AsyncIterator, Iterator

import pytest

from connectors.instagram.connector import InstagramConnector
from tests.connectors.instagram.kit import SECRETS, TOKEN, account, app
from tests.platforms.instagram import Instagram


@pytest.fixture
def platform() -> Iterator[Instagram]:
    """It knows the kit's token, secret and verify token."""
    with Instagram(secret=SECRETS[0], verify_token=app().secrets["verify_token"]) as running:
        running.grant(TOKEN)
        yield running


@pytest.fixture
async def connector(platform: Instagram) -> AsyncIterator[InstagramConnector]:
    """The account's connector, at the simulator."""
    made = InstagramConnector(account(platform.url))
    yield made
    await made.close()

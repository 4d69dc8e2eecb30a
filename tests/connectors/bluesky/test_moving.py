"""Sessions of an app password whose account moved to another server, was closed, or is nowhere any more."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from connectors import http
from connectors.bluesky import oauth_identity
from connectors.bluesky.connector import BlueskyConnector
from engage.errors import RateLimited, Unauthorized, Unavailable
from engage.platform import AccountLink, App
from tests.platforms.bluesky import Bluesky

NAME = "avatar" * 4  # as long as the directory's identifiers are
ME = f"did:plc:{NAME}"
OLD, NEW, DIRECTORY = "https://old.example", "https://new.example", "https://plc.directory"
REFRESH, SESSION = "/xrpc/com.atproto.server.refreshSession", "/xrpc/com.atproto.server.getSession"
CLOSED = "http://127.0.0.1:9"  # where nobody listens

Build = Callable[..., BlueskyConnector]


@pytest.fixture(scope="module")
def running_elsewhere() -> Iterator[Bluesky]:
    with Bluesky() as platform:
        yield platform


@pytest.fixture
def elsewhere(running_elsewhere: Bluesky, bluesky: Bluesky) -> Bluesky:
    """Another server, where the account is known and its tokens are not."""
    running_elsewhere.begin_anew()
    for platform in (bluesky, running_elsewhere):
        platform.person(NAME)
    bluesky.oauth.servers[ME] = OLD
    return running_elsewhere


@pytest.fixture
def names(bluesky: Bluesky, elsewhere: Bluesky, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Which machine answers by which name. What is asked goes there, as it would by the internet's own names."""
    known, client = {OLD: bluesky.url, NEW: elsewhere.url, DIRECTORY: bluesky.url}, http.client

    def at(url: str) -> str:
        name = next((one for one in known if url == one or url.startswith(f"{one}/")), "")
        return known[name] + url.removeprefix(name) if name else url

    def named(base_url: str, **more: Any) -> Any:
        made = client(at(base_url), **more)
        made.base_url = base_url

        async def turn(request: Any) -> None:
            request.url = type(request.url)(at(str(request.url)))

        made.event_hooks = {"request": [turn]}
        return made

    async def public(host: str) -> bool:
        return host != "inner.example"

    monkeypatch.setattr(http, "client", named)
    monkeypatch.setattr(oauth_identity, "_is_public", public)
    return known


@pytest.fixture
async def build(bluesky: Bluesky, names: dict[str, str]) -> AsyncIterator[Build]:
    """A connector of the account, which was connected at the old server; with the credentials that are given."""
    made: list[BlueskyConnector] = []

    def one(credentials: Any = None, app: App | None = None) -> BlueskyConnector:
        tokens = bluesky.session(ME)
        known = credentials or {"access_jwt": tokens["accessJwt"], "refresh_jwt": tokens["refreshJwt"]}
        link = AccountLink("a1", ME, "", {"service": OLD, "poll_s": 0}, known, app or App("bluesky"))
        made.append(BlueskyConnector(link))
        return made[-1]

    yield one
    for connector in made:
        await connector.close()


def share_tokens(bluesky: Bluesky, elsewhere: Bluesky) -> None:
    """Both belong to the same operator, as Bluesky's own hosts do."""
    elsewhere.tokens = bluesky.tokens


def paths(platform: Bluesky) -> list[str]:
    return [call.path for call in platform.calls]


async def test_an_account_that_stays_is_asked_for_nowhere_else(
    build: Build, bluesky: Bluesky, elsewhere: Bluesky
) -> None:
    renewed = await build().renew()
    assert set(renewed.credentials) == {"access_jwt", "refresh_jwt"}
    assert paths(bluesky) == [REFRESH]
    assert not elsewhere.calls


async def test_a_server_that_names_another_one_is_followed_there(
    build: Build, bluesky: Bluesky, elsewhere: Bluesky
) -> None:
    share_tokens(bluesky, elsewhere)
    bluesky.oauth.servers[ME] = f"{NEW}/"
    renewed = await build().renew()
    assert renewed.credentials["server"] == NEW
    bluesky.calls.clear()
    moved = build(renewed.credentials)
    await moved.poll("")
    again = await moved.renew()
    assert again.credentials["server"] == NEW
    await build(again.credentials).revoke()
    assert not bluesky.calls, "nothing goes to the old one any more"
    with pytest.raises(Unauthorized):
        await build(again.credentials).renew()


async def test_an_account_that_left_for_a_server_of_others_is_lost_in_words(
    build: Build, bluesky: Bluesky, elsewhere: Bluesky
) -> None:
    bluesky.oauth.servers[ME] = NEW
    with pytest.raises(Unauthorized, match=r"moved to https://new\.example: connect it again"):
        await build().renew()
    assert paths(elsewhere) == [SESSION]


@pytest.mark.parametrize("fault", ["503", "404", "closed"])
async def test_a_new_server_that_cannot_be_asked_yet_is_followed_later(
    build: Build, bluesky: Bluesky, elsewhere: Bluesky, names: dict[str, str], fault: str
) -> None:
    share_tokens(bluesky, elsewhere)
    bluesky.oauth.servers[ME] = NEW
    there = names[NEW]
    if fault == "closed":
        names[NEW] = CLOSED
    else:
        elsewhere.fail(SESSION, int(fault), times=9)
    renewed = await build().renew()
    assert "server" not in renewed.credentials, "the tokens are kept, and the old server serves on"
    names[NEW] = there
    elsewhere._dials.clear()
    assert (await build(renewed.credentials).renew()).credentials["server"] == NEW


@pytest.mark.parametrize("server", ["http://new.example", "https://inner.example", "https://a:b@new.example"])
async def test_a_server_names_no_inner_address(build: Build, bluesky: Bluesky, elsewhere: Bluesky, server: str) -> None:
    bluesky.oauth.servers[ME] = server
    assert "server" not in (await build().renew()).credentials
    assert not elsewhere.calls


def shut(bluesky: Bluesky, names: dict[str, str], how: str) -> None:
    if how == "closed":
        names[OLD] = CLOSED
    else:
        bluesky.fail(REFRESH, int(how), {"error": "Gone"} if how != "404" else "parked")


@pytest.mark.parametrize("how", ["closed", "404", "410", "502"])
class TestAServerThatIsThereNoMore:
    async def test_the_directory_names_the_new_one(
        self, build: Build, bluesky: Bluesky, elsewhere: Bluesky, names: dict[str, str], how: str
    ) -> None:
        share_tokens(bluesky, elsewhere)
        connector = build()
        bluesky.oauth.servers[ME] = elsewhere.oauth.servers[ME] = NEW
        shut(bluesky, names, how)
        renewed = await connector.renew()
        assert renewed.credentials["server"] == NEW
        await build(renewed.credentials).poll("")

    async def test_a_new_one_of_others_is_named_in_words(
        self, build: Build, bluesky: Bluesky, names: dict[str, str], how: str
    ) -> None:
        bluesky.oauth.servers[ME] = NEW
        shut(bluesky, names, how)
        with pytest.raises(Unauthorized, match=r"moved to https://new\.example: connect it again"):
            await build().renew()

    async def test_while_the_account_still_lives_there_it_is_asked_again(
        self, build: Build, bluesky: Bluesky, elsewhere: Bluesky, names: dict[str, str], how: str
    ) -> None:
        shut(bluesky, names, how)
        with pytest.raises(Unavailable):
            await build().renew()
        assert not elsewhere.calls

    @pytest.mark.parametrize("directory", ["closed", "410", "nonsense"])
    async def test_where_nobody_tells_of_another_it_is_asked_again(
        self, build: Build, bluesky: Bluesky, names: dict[str, str], how: str, directory: str
    ) -> None:
        bluesky.oauth.servers[ME] = NEW
        shut(bluesky, names, how)
        if directory == "closed":
            names[DIRECTORY] = CLOSED
        else:
            told: Any = (410, {"message": "DID not available"}) if directory == "410" else (200, {"id": ME})
            bluesky.fail(f"/{ME}", *told, times=9)
        with pytest.raises(Unavailable):
            await build().renew()

    async def test_a_new_one_that_cannot_be_asked_yet_is_asked_again(
        self, build: Build, bluesky: Bluesky, names: dict[str, str], how: str
    ) -> None:
        bluesky.oauth.servers[ME] = NEW
        names[NEW] = CLOSED
        shut(bluesky, names, how)
        with pytest.raises(Unavailable):
            await build().renew()


@pytest.mark.parametrize("status", ["deactivated", "suspended"])
async def test_a_closed_account_is_lost_and_says_why(build: Build, bluesky: Bluesky, status: str) -> None:
    bluesky.people[ME].status = status
    with pytest.raises(Unauthorized, match=f"the account is {status}"):
        await build().renew()


async def test_an_account_that_was_taken_down_is_lost(build: Build, bluesky: Bluesky) -> None:
    bluesky.people[ME].status = "takendown"
    with pytest.raises(Unauthorized, match="taken down"):
        await build().renew()


async def test_an_account_that_was_closed_because_it_moved_says_where_it_is(build: Build, bluesky: Bluesky) -> None:
    bluesky.people[ME].status = "deactivated"
    bluesky.oauth.servers[ME] = NEW
    with pytest.raises(Unauthorized, match=r"moved to https://new\.example"):
        await build().renew()


async def test_an_account_that_was_deleted_is_lost(build: Build, bluesky: Bluesky) -> None:
    said = {"error": "InvalidRequest", "message": f"Could not find user info for account: {ME}"}
    bluesky.fail(REFRESH, 400, said)
    with pytest.raises(Unauthorized, match="Could not find user info"):
        await build().renew()


async def test_a_server_that_does_not_know_the_call_is_left_alone_for_a_while(build: Build, bluesky: Bluesky) -> None:
    bluesky.fail(REFRESH, 404, "parked")
    with pytest.raises(Unavailable) as caught:
        await build().renew()
    assert caught.value.retry_after is not None


async def test_a_server_that_asks_for_patience_is_taken_at_its_word(build: Build, bluesky: Bluesky) -> None:
    bluesky.fail(REFRESH, 429, {"error": "RateLimitExceeded"}, {"retry-after": "60"})
    with pytest.raises(RateLimited):
        await build().renew()
    assert paths(bluesky) == [REFRESH], "and nobody else is asked"


@pytest.mark.parametrize("shown", [True, False], ids=["the server names another", "the server is gone"])
async def test_an_address_that_stands_for_all_is_never_left(
    build: Build, bluesky: Bluesky, elsewhere: Bluesky, names: dict[str, str], shown: bool
) -> None:
    share_tokens(bluesky, elsewhere)
    bluesky.oauth.servers[ME] = NEW
    connector = build(app=App("bluesky", {"base_url": bluesky.url}))
    if not shown:
        bluesky.fail(REFRESH, 502, {"error": "UpstreamFailure"})
    if shown:
        assert "server" not in (await connector.renew()).credentials
    else:
        with pytest.raises(Unavailable):
            await connector.renew()
    assert not elsewhere.calls

"""The creator connects an account, and what the doctor finds out about it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.mastodon.connect import CONNECT, SCOPES
from connectors.mastodon.connector import MastodonConnector
from engage.errors import EngageError, Refused, Unauthorized, Unavailable
from engage.grants import Consent, Grant
from engage.models import Surface
from engage.platform import AccountLink, App, Examinable, PollSource, StreamSource
from tests.connectors.conftest import response
from tests.connectors.mastodon import kit
from tests.platforms.mastodon import Mastodon

BACK = "http://studio.example/connect/mastodon/back"


def app(server: Mastodon) -> App:
    return App("mastodon", {"base_url": server.url})


async def connected(server: Mastodon) -> Grant:
    begun = await CONNECT.begin(app(server), {"server": "social.example"}, BACK, "state-1")
    answer = server.consent(begun.url)
    assert answer.pop("state") == "state-1"
    (grant,) = await CONNECT.finish(app(server), answer, BACK, begun.keep)
    return grant


class TestGivingBack:
    async def test_the_token_is_void(self, server: Mastodon) -> None:
        grant = await connected(server)
        account = AccountLink("a", grant.platform_user_id, "", grant.config, grant.credentials, app(server))
        connector = MastodonConnector(account)
        assert grant.credentials["access_token"] in server.tokens
        await connector.revoke()
        assert grant.credentials["access_token"] not in server.tokens
        await connector.close()

    async def test_where_the_server_does_not_know_the_application_it_is_told(self, server: Mastodon) -> None:
        grant = await connected(server)
        server.apps.clear()
        account = AccountLink("a", grant.platform_user_id, "", grant.config, grant.credentials, app(server))
        connector = MastodonConnector(account)
        with pytest.raises(Refused, match="403"):
            await connector.revoke()
        await connector.close()


class TestConsent:
    async def test_opens_the_account(self, server: Mastodon) -> None:
        server.max_characters = 1000
        server.write("@me an old question")
        grant = await connected(server)
        host = urlsplit(server.url).netloc
        assert (grant.platform_user_id, grant.handle) == (f"14715@{host}", f"me@{host}")
        assert grant.expires_at is None
        assert grant.config["max_characters"] == 1000
        assert grant.config["characters_reserved_per_url"] == 23
        assert grant.config["scope"] == " ".join(SCOPES)
        assert grant.config["since"] == server.notifications[-1]["id"]

    async def test_then_the_account_works(self, server: Mastodon) -> None:
        grant = await connected(server)
        config = {"base_url": server.url, **grant.config}
        connector = MastodonConnector(AccountLink("a1", grant.platform_user_id, "", config, grant.credentials))
        assert len((await connector.poll("")).events) == 0
        asked = server.write("@me what lens?")
        assert len((await connector.poll("")).events) == 1  # what was written since the account was connected
        await connector.send(kit.reply(to=asked))
        assert len(server.posted) == 1
        await connector.close()

    async def test_asks_for_no_more_than_it_needs(self, server: Mastodon) -> None:
        begun = await CONNECT.begin(app(server), {"server": "social.example"}, BACK, "state-1")
        asked = parse_qs(urlsplit(begun.url).query)
        assert asked["scope"] == [" ".join(SCOPES)]
        assert asked["code_challenge_method"] == ["S256"]
        assert begun.keep["client_secret"] not in begun.url
        assert begun.keep["verifier"] not in begun.url
        (registered,) = server.apps.values()
        assert registered["redirect_uris"] == [BACK]

    async def test_that_was_denied_opens_nothing(self, server: Mastodon) -> None:
        begun = await CONNECT.begin(app(server), {"server": "social.example"}, BACK, "state-1")
        with pytest.raises(Refused, match="not granted"):
            await CONNECT.finish(app(server), server.consent(begun.url, deny=True), BACK, begun.keep)

    async def test_works_once_and_only_for_whoever_began_it(self, server: Mastodon) -> None:
        begun = await CONNECT.begin(app(server), {"server": "social.example"}, BACK, "state-1")
        answer = server.consent(begun.url)
        with pytest.raises(Unauthorized):
            await CONNECT.finish(app(server), answer, BACK, {**begun.keep, "verifier": "another"})
        with pytest.raises(Unauthorized):
            await CONNECT.finish(app(server), answer, BACK, begun.keep)

    async def test_at_a_server_that_forgot_the_application_begins_again(self, server: Mastodon) -> None:
        begun = await CONNECT.begin(app(server), {"server": "social.example"}, BACK, "state-1")
        answer = server.consent(begun.url)
        server.apps.clear()
        with pytest.raises(Refused, match="begin again"):
            await CONNECT.finish(app(server), answer, BACK, begun.keep)

    @pytest.mark.parametrize("path", ["/oauth/token", "/api/v1/accounts/verify_credentials", "/api/v2/instance"])
    async def test_a_lost_answer_opens_nothing(self, server: Mastodon, path: str) -> None:
        begun = await CONNECT.begin(app(server), {"server": "social.example"}, BACK, "state-1")
        answer = server.consent(begun.url)
        server.fail(path, 503, times=3)
        with pytest.raises(Unavailable):
            await CONNECT.finish(app(server), answer, BACK, begun.keep)

    @pytest.mark.parametrize(
        ("said", "error"),
        [({"error": "Validation failed"}, Refused), ({"client_id": 5}, Unavailable), ("", Unavailable)],
    )
    async def test_needs_an_application(self, server: Mastodon, said: Any, error: type[EngageError]) -> None:
        server.fail("/api/v1/apps", 422 if error is Refused else 200, said)
        with pytest.raises(error):
            await CONNECT.begin(app(server), {"server": "social.example"}, BACK, "state-1")

    async def test_works_where_nothing_is_told_without_a_token(self, server: Mastodon) -> None:
        """A server of limited federation."""
        server.limited_federation = True
        grant = await connected(server)
        assert grant.config["max_characters"] == 500

    async def test_follows_no_redirect(self, scripted: Any) -> None:
        """A server that a creator names must not send us to another, as inside the operator's network."""
        inner = await scripted(response(200, '{"client_id": "x", "client_secret": "y"}'))
        outer = await scripted(response(307, "", f"location: {inner.url}/api/v1/apps"))
        with pytest.raises(Unavailable, match="redirect"):
            await CONNECT.begin(App("mastodon", {"base_url": outer.url}), {}, BACK, "state-1")
        assert inner.requests == []

    @pytest.mark.parametrize(
        "server_name", ["localhost", "127.0.0.1", "[::1]", "redis.internal", "social.example:8080"]
    )
    async def test_calls_only_public_servers(self, server_name: str) -> None:
        with pytest.raises(Refused, match="public server"):
            await CONNECT.begin(App("mastodon"), {"server": server_name}, BACK, "state-1")

    def test_needs_nothing_of_an_operator(self) -> None:
        assert isinstance(CONNECT, Consent)
        assert list(CONNECT.app_fields) == []


class TestDoctor:
    async def found(self, server: Mastodon, **config: Any) -> dict[str, tuple[str, str]]:
        connector = MastodonConnector(kit.account(server.url, **config))
        assert isinstance(connector, Examinable)
        findings = await connector.examine("")
        await connector.close()
        assert all(finding.fix for finding in findings if finding.state != "ok")
        return {finding.name: (finding.state, finding.found + finding.fix) for finding in findings}

    async def test_finds_everything_well(self, server: Mastodon) -> None:
        found = await self.found(server)
        assert {state for state, _ in found.values()} == {"ok"}
        assert set(found) == {"access", "bot flag", "scopes", "mentions", "length", "stream", "rate limit"}
        assert {call.method for call in server.calls} == {"GET"}

    async def test_says_how_the_profile_is_marked(self, server: Mastodon) -> None:
        server.bot = False
        state, said = (await self.found(server))["bot flag"]
        assert state == "warn"
        assert "This is an automated account" in said

    async def test_sees_what_is_not_granted(self, server: Mastodon) -> None:
        state, said = (await self.found(server, scope="read"))["scopes"]
        assert (state, "write:statuses" in said) == ("fail", True)
        assert (await self.found(server, scope="read write"))["scopes"][0] == "ok"

    async def test_sees_that_mentions_are_held_back(self, server: Mastodon) -> None:
        server.policy = {"for_not_following": "filter"}
        state, said = (await self.found(server))["mentions"]
        assert (state, "not_following: filter" in said) == ("warn", True)
        server.fail("/api/v2/notifications/policy", 404, {"error": "Not found"})
        assert (await self.found(server))["mentions"][0] == "ok"

    async def test_sees_what_changed_on_the_server(self, server: Mastodon) -> None:
        server.max_characters, server.streaming_ready, server.limit = 5000, False, 6
        found = await self.found(server)
        assert found["length"][0] == found["stream"][0] == "warn"

    async def test_sees_another_account(self, server: Mastodon) -> None:
        account = kit.account(server.url)
        other = AccountLink("a1", "1@social.example", "", account.config, account.credentials)
        connector = MastodonConnector(other)
        assert (await connector.examine(""))[0].state == "fail"
        await connector.close()


class TestMark:
    """Whether a reply must say in words that it is automated."""

    async def marked(self, connector: MastodonConnector, later: timedelta = timedelta()) -> bool:
        now = datetime.now(UTC) + later
        return (await connector.capabilities(Surface.DM, "dm:108892", now, now)).native_bot_label

    async def test_it_is_what_the_profile_says(self, server: Mastodon, connector: MastodonConnector) -> None:
        assert await self.marked(connector)
        server.bot = False
        assert await self.marked(connector, timedelta(minutes=59))
        assert len(server.calls) == 1, "it is asked for once an hour"
        assert not await self.marked(connector, timedelta(minutes=61))
        server.bot = True
        assert await self.marked(connector, timedelta(minutes=122)), "without connecting the account again"

    async def test_who_cannot_be_asked_is_taken_for_unmarked(
        self, server: Mastodon, connector: MastodonConnector
    ) -> None:
        server.fail("/api/v1/accounts/verify_credentials", 503, times=3)
        assert not await self.marked(connector)
        assert await self.marked(connector, timedelta(minutes=1)), "and asked again before long"

    async def test_many_conversations_ask_once(self, server: Mastodon, connector: MastodonConnector) -> None:
        assert all(await asyncio.gather(*(self.marked(connector) for _ in range(50))))
        assert len(server.calls) == 1

    async def test_access_that_is_gone_is_noticed(self, server: Mastodon, connector: MastodonConnector) -> None:
        server.revoke()
        with pytest.raises(Unauthorized):
            await self.marked(connector)


def test_it_is_polled_and_streamed(server: Mastodon) -> None:
    assert issubclass(MastodonConnector, PollSource)
    assert issubclass(MastodonConnector, StreamSource)

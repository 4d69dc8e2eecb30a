"""An account that is granted on its server's page: the consent, calls with proofs, renewal, and its end."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from connectors import dpop
from connectors.bluesky import connect, oauth_client, oauth_identity
from connectors.bluesky.connector import BlueskyConnector
from connectors.bluesky.oauth_identity import Lookup
from connectors.bluesky.webhooks import WEBHOOKS
from engage.errors import ConfigError, EngageError, InvalidSignature, Refused, Unauthorized, Unavailable
from engage.grants import Consent, Entry, Grant
from engage.models import Outgoing, Surface
from engage.platform import AccountLink, App
from tests.connectors.bluesky import kit
from tests.platforms.bluesky import Bluesky
from tests.platforms.bluesky_oauth import read

ME, ANN = kit.ME, kit.ANN
HERE = "http://127.0.0.1:8701/connect/bluesky/back"
BACK = "https://engage.example/connect/bluesky/back"
CLIENT = "https://engage.example/hooks/bluesky"
KEY, OTHER_KEY = "1f" * 32, "2e" * 32
PUT = "/xrpc/com.atproto.repo.putRecord"


def app(bluesky: Bluesky, secrets: Mapping[str, str] | None = None, **config: str) -> App:
    return App("bluesky", {"base_url": bluesky.url, **config}, secrets or {})


def registered(bluesky: Bluesky, keys: str = KEY) -> App:
    """An application whose document can be read from the internet."""
    made = app(bluesky, {"client_key": keys} if keys else {}, client_id=CLIENT, redirect_uri=BACK)
    bluesky.oauth.documents[CLIENT] = json.loads(WEBHOOKS(made).challenge({}) or "")
    return made


async def consented(bluesky: Bluesky, made: App, back: str = HERE, handle: str = "@Avatar.example.com ") -> Grant:
    """A creator's way through the page, as their browser takes it."""
    bluesky.oauth.signs_in = bluesky.oauth.signs_in or ME
    begun = await connect.CONNECT.begin(made, {"handle": handle}, back, "state-1")
    assert "avatar" not in begun.url, "the request was pushed: nothing of it stands in the address"
    (grant,) = await connect.CONNECT.finish(made, page(begun.url), back, begun.keep)
    return grant


def page(url: str) -> dict[str, str]:
    answer = dict(parse_qsl(urlsplit(httpx.get(url).headers["location"]).query))
    assert answer.pop("state") == "state-1"
    return answer


def link(bluesky: Bluesky, grant: Grant, made: App | None = None) -> AccountLink:
    config = {**grant.config, "poll_s": 0}
    return AccountLink("a1", grant.platform_user_id, grant.handle, config, grant.credentials, made or app(bluesky))


def question(bluesky: Bluesky) -> Outgoing:
    asked = bluesky.write(ANN, "How long did you wait?", answer_to=bluesky.write(ME, "New shoes day!"))
    return replace(kit.reply(), in_reply_to=asked, first_sent_at=datetime.now(UTC))


def test_an_account_is_connected_by_consent_or_by_an_app_password() -> None:
    assert isinstance(connect.CONNECT, Consent)
    assert isinstance(connect.CONNECT, Entry)
    assert [field.name for field in connect.CONNECT.consent_fields] == ["handle"]


async def test_a_machine_without_an_address_is_a_client_too(bluesky: Bluesky) -> None:
    grant = await consented(bluesky, app(bluesky))
    assert (grant.platform_user_id, grant.handle) == (ME, "avatar.example.com")
    assert (grant.config["service"], grant.config["dms"], grant.config["bot_label"]) == (bluesky.url, True, False)
    assert grant.expires_at is not None
    assert timedelta(minutes=50) < grant.expires_at - datetime.now(UTC) < timedelta(minutes=61)
    assert grant.credentials["access_token"] not in repr(grant)


async def test_a_client_with_a_key_shows_it_at_each_call(bluesky: Bluesky) -> None:
    grant = await consented(bluesky, registered(bluesky), BACK)
    pushed, *_ = (call.form for call in bluesky.calls_to("/oauth/par"))
    assert read(pushed["client_assertion"])[1]["sub"] == pushed["client_id"] == CLIENT
    connector = BlueskyConnector(link(bluesky, grant, registered(bluesky)))
    await connector.renew()
    assert "client_assertion" in bluesky.calls_to("/oauth/token")[-1].form
    await connector.close()


async def test_each_try_shows_an_assertion_of_its_own(bluesky: Bluesky) -> None:
    await consented(bluesky, registered(bluesky), BACK)
    shown = [read(call.form["client_assertion"])[1]["jti"] for call in bluesky.calls_to("/oauth/") if call.form]
    assert bluesky.oauth.nonces_asked >= 2, "the first try of each call was refused for its nonce"
    assert len(set(shown)) == len(shown) >= 4


async def test_a_public_client_needs_no_key(bluesky: Bluesky) -> None:
    assert (await consented(bluesky, registered(bluesky, keys=""), BACK)).platform_user_id == ME


async def test_a_grant_stays_with_the_key_that_it_was_begun_with(bluesky: Bluesky) -> None:
    grant = await consented(bluesky, registered(bluesky), BACK)
    both = BlueskyConnector(link(bluesky, grant, registered(bluesky, f"{OTHER_KEY} {KEY}")))
    renewed = await both.renew()
    await both.close()
    without = registered(bluesky, OTHER_KEY)
    gone = BlueskyConnector(link(bluesky, replace(grant, credentials=renewed.credentials), without))
    with pytest.raises(Unauthorized, match="client key"):
        await gone.renew()
    await gone.close()


def test_the_document_tells_no_secret_and_is_none_where_nothing_is_registered(bluesky: Bluesky) -> None:
    told = WEBHOOKS(registered(bluesky)).challenge({}) or ""
    assert KEY not in told
    assert json.loads(told)["jwks"]["keys"][0].keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert WEBHOOKS(app(bluesky)).challenge({}) is None
    with pytest.raises(InvalidSignature):
        WEBHOOKS(app(bluesky)).receive({}, b"{}", datetime.now(UTC))


@pytest.mark.parametrize(
    ("config", "secrets", "back", "key"),
    [
        ({}, {}, "https://studio.example/connect/bluesky/back", "client_id"),
        ({}, {}, "http://localhost:8701/connect/bluesky/back", "client_id"),
        ({"client_id": CLIENT}, {}, BACK, "redirect_uri"),
        ({"client_id": CLIENT, "redirect_uri": HERE}, {}, BACK, "redirect_uri"),
        ({"client_id": CLIENT, "redirect_uri": BACK}, {"client_key": "secret-but-no-key"}, BACK, "client_key"),
        ({"client_id": "https://nobody.example/x", "redirect_uri": BACK}, {}, BACK, "client_id"),
    ],
)
async def test_what_an_operator_set_wrong_is_named(
    bluesky: Bluesky, config: dict[str, str], secrets: dict[str, str], back: str, key: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        await consented(bluesky, app(bluesky, secrets, **config), back)
    assert caught.value.key == key
    assert "secret-but" not in str(caught.value)


async def test_a_creator_who_says_no_grants_nothing(bluesky: Bluesky) -> None:
    begun = await connect.CONNECT.begin(app(bluesky), {"handle": ME}, HERE, "state-1")
    with pytest.raises(Refused, match="denied"):
        await connect.CONNECT.finish(app(bluesky), page(begun.url), HERE, begun.keep)


async def test_an_answer_of_another_server_is_not_taken(bluesky: Bluesky) -> None:
    bluesky.oauth.signs_in = ME
    begun = await connect.CONNECT.begin(app(bluesky), {"handle": ME}, HERE, "state-1")
    for issuer in ({"iss": "https://evil.example"}, {}):
        answer = {"code": page(begun.url)["code"] if issuer else "x", **issuer}
        with pytest.raises(Refused, match="another authorization server"):
            await connect.CONNECT.finish(app(bluesky), answer, HERE, begun.keep)
    assert not bluesky.calls_to("/oauth/token"), "the code went nowhere"


async def test_another_account_that_signs_in_is_not_taken_and_its_grant_is_given_back(bluesky: Bluesky) -> None:
    bluesky.oauth.signs_in = ANN
    with pytest.raises(Refused, match=r"another account signed in than avatar\.example\.com"):
        await consented(bluesky, app(bluesky))
    assert bluesky.oauth.grants == []


async def test_a_code_counts_once_and_needs_its_verifier(bluesky: Bluesky) -> None:
    bluesky.oauth.signs_in = ME
    begun = await connect.CONNECT.begin(app(bluesky), {"handle": ME}, HERE, "state-1")
    answer = page(begun.url)
    with pytest.raises(Refused, match="grant is over"):
        await connect.CONNECT.finish(app(bluesky), answer, HERE, {**begun.keep, "verifier": "guessed"})
    with pytest.raises(Refused, match="grant is over"):
        await connect.CONNECT.finish(app(bluesky), answer, HERE, begun.keep)


async def test_without_the_scope_of_direct_messages_only_posts_are_answered(bluesky: Bluesky) -> None:
    bluesky.oauth.without = ("transition:chat.bsky",)
    grant = await consented(bluesky, app(bluesky))
    assert grant.config["dms"] is False
    connector = BlueskyConnector(link(bluesky, grant))
    now = datetime.now(UTC)
    assert not (await connector.capabilities(Surface.DM, "dm:x", now, now)).may_reply
    assert (await connector.capabilities(Surface.COMMENT, "x", now, now)).may_reply
    await connector.close()


async def test_a_grant_without_access_to_the_account_is_none(bluesky: Bluesky) -> None:
    bluesky.oauth.without = ("atproto",)
    with pytest.raises(Refused, match="none to an account"):
        await consented(bluesky, app(bluesky))


class TestIdentity:
    @pytest.mark.parametrize("entered", ["nobody.example.com", "no handle", "", "did:plc:nobody", "../../etc"])
    async def test_nobody_is_refused(self, bluesky: Bluesky, entered: str) -> None:
        with pytest.raises(EngageError):
            await connect.CONNECT.begin(app(bluesky), {"handle": entered}, HERE, "s")
        assert not bluesky.calls_to("/oauth/par")

    async def test_a_handle_that_its_account_does_not_claim_is_refused(
        self, bluesky: Bluesky, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def lie(*_: Any) -> str:
            return ANN

        monkeypatch.setattr(Lookup, "_did_of", lie)
        with pytest.raises(Refused, match="handle is broken"):
            await Lookup(app(bluesky)).identity("avatar.example.com")

    @pytest.mark.parametrize(
        "server",
        [
            "http://pds.example",
            "https://127.0.0.1",
            "https://10.0.0.8",
            "https://[::1]:8443",
            "https://169.254.169.254",
            "https://[::ffff:127.0.0.1]",
            "https://localhost",
            "https://user:word@bsky.social",
            "ftp://bsky.social",
            "file:///etc/passwd",
        ],
    )
    async def test_a_stranger_sends_us_to_no_inner_address(self, bluesky: Bluesky, server: str) -> None:
        bluesky.oauth.servers[ME] = server
        with pytest.raises(Refused, match=r"https://|no address on the internet"):
            await connect.CONNECT.begin(app(bluesky), {"handle": ME}, HERE, "s")

    async def test_a_name_that_leads_inside_is_refused(self, bluesky: Bluesky, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = []

        async def inside(host: str) -> bool:
            seen.append(host)
            return False

        monkeypatch.setattr(oauth_identity, "_is_public", inside)
        bluesky.oauth.servers[ME] = "https://inner.example"
        with pytest.raises(Refused, match=r"inner\.example is no address"):
            await connect.CONNECT.begin(app(bluesky), {"handle": ME}, HERE, "s")
        assert seen == ["inner.example"]

    async def test_an_address_that_only_begins_like_a_trusted_one_is_none(self, bluesky: Bluesky) -> None:
        with pytest.raises(Refused):
            await Lookup(app(bluesky)).checked(f"{bluesky.url}@evil.example/")

    async def test_a_server_that_calls_itself_otherwise_is_refused(self, bluesky: Bluesky) -> None:
        bluesky.oauth.issuer = "https://bsky.social"
        with pytest.raises(Refused, match="no authorization server"):
            await connect.CONNECT.begin(app(bluesky), {"handle": ME}, HERE, "s")


class TestCalls:
    @pytest.fixture
    async def grant(self, bluesky: Bluesky) -> Grant:
        return await consented(bluesky, app(bluesky))

    async def test_a_reply_is_posted_once_though_the_nonce_has_turned(self, bluesky: Bluesky, grant: Grant) -> None:
        connector, reply = BlueskyConnector(link(bluesky, grant)), question(bluesky)
        await connector.poll("")
        bluesky.oauth.turn_nonces()
        asked = bluesky.oauth.nonces_asked
        receipt = await connector.send(reply)
        assert bluesky.oauth.nonces_asked == asked + 1
        bluesky.oauth.turn_nonces()
        assert (await connector.send(reply)).id == receipt.id
        assert bluesky.posted(ME) == ["Six weeks."]
        proofs = [call.headers["dpop"] for call in bluesky.calls_to("/xrpc/") if "dpop" in call.headers]
        assert len(set(proofs)) == len(proofs)
        await connector.close()

    async def test_direct_messages_are_read_and_sent(self, bluesky: Bluesky, grant: Grant) -> None:
        message_id = bluesky.say(ANN, "what camera?", to=ME)
        connector, convo = BlueskyConnector(link(bluesky, grant)), bluesky.convo_between(ANN, ME)
        assert "what camera?" in str([event.body for event in (await connector.poll("")).events])
        await connector.send(replace(kit.message("A Lumix.", convo, message_id), first_sent_at=datetime.now(UTC)))
        assert bluesky.said_in(convo)[-1]["text"] == "A Lumix."
        await connector.close()

    async def test_a_stolen_token_is_worth_nothing_with_another_key(self, bluesky: Bluesky, grant: Grant) -> None:
        thief = BlueskyConnector(link(bluesky, replace(grant, credentials={**grant.credentials, "dpop_key": KEY})))
        with pytest.raises(Unauthorized):
            await thief.poll("")
        await thief.close()

    async def test_a_server_that_takes_no_proof_does_not_cost_the_account(self, bluesky: Bluesky, grant: Grant) -> None:
        connector, reply = BlueskyConnector(link(bluesky, grant)), question(bluesky)
        refused = {"error": "use_dpop_nonce", "message": "again"}
        headers = {"dpop-nonce": "never-enough", "www-authenticate": 'DPoP error="use_dpop_nonce"'}
        bluesky.fail(PUT, 401, refused, headers, times=2)
        with pytest.raises(Unavailable):
            await connector.send(reply)
        bluesky.fail(PUT, 401, {"error": "invalid_dpop_proof", "message": "iat"})
        with pytest.raises(Unavailable, match="clock"):
            await connector.send(reply)
        assert bluesky.posted(ME) == []
        await connector.send(reply)
        await connector.close()

    async def test_the_access_is_renewed_with_a_token_that_counts_once(self, bluesky: Bluesky, grant: Grant) -> None:
        before = BlueskyConnector(link(bluesky, grant))
        renewed = await before.renew()
        assert renewed.credentials["refresh_token"] != grant.credentials["refresh_token"]
        assert renewed.credentials["dpop_key"] == grant.credentials["dpop_key"]
        bluesky.ahead = timedelta(minutes=30)
        after = BlueskyConnector(link(bluesky, replace(grant, credentials=renewed.credentials)))
        await after.poll("")
        with pytest.raises(Unauthorized, match="replayed"):
            await before.renew()
        with pytest.raises(Unauthorized):
            await after.poll("")  # a used token that comes again ends the grant
        await before.close()
        await after.close()

    async def test_a_token_ends_by_its_time(self, bluesky: Bluesky, grant: Grant) -> None:
        connector = BlueskyConnector(link(bluesky, grant))
        bluesky.ahead = timedelta(minutes=61)
        with pytest.raises(Unauthorized):
            await connector.poll("")
        assert (await connector.renew()).expires_at is not None
        await connector.close()

    async def test_access_that_the_creator_takes_away_is_noticed(self, bluesky: Bluesky, grant: Grant) -> None:
        connector = BlueskyConnector(link(bluesky, grant))
        bluesky.oauth.revoke_all()
        for call in (connector.poll(""), connector.renew()):
            with pytest.raises(Unauthorized):
                await call
        await connector.close()

    @pytest.mark.parametrize("status", [500, 503])
    async def test_a_server_that_is_down_does_not_cost_the_grant(
        self, bluesky: Bluesky, grant: Grant, status: int
    ) -> None:
        connector = BlueskyConnector(link(bluesky, grant))
        bluesky.fail("/oauth/token", status)
        with pytest.raises(Unavailable):
            await connector.renew()
        assert len(bluesky.calls_to("/oauth/token")) == 3, "(two of the consent) it is asked once"
        await connector.renew()
        await connector.close()

    async def test_access_is_given_back(self, bluesky: Bluesky, grant: Grant) -> None:
        connector = BlueskyConnector(link(bluesky, grant))
        await connector.revoke()
        assert bluesky.oauth.grants == []
        with pytest.raises(Unauthorized):
            await connector.poll("")
        await connector.close()

    async def test_the_session_of_an_app_password_is_ended(self, bluesky: Bluesky) -> None:
        given = {"handle": "avatar.example.com", "app_password": "abcd-efgh-ijkl-mnop"}
        (grant,) = await connect.CONNECT.grant(app(bluesky), given)
        connector = BlueskyConnector(link(bluesky, grant))
        await connector.revoke()
        with pytest.raises(Unauthorized):
            await connector.renew()
        await connector.close()


class TestProofs:
    """What the simulated server refuses, as the reference server does: no call of ours may lead to it."""

    PLACE = "/xrpc/com.atproto.server.getSession"

    @pytest.fixture
    async def grant(self, bluesky: Bluesky) -> Grant:
        return await consented(bluesky, app(bluesky))

    def proof(self, bluesky: Bluesky, grant: Grant, token: str | None = None) -> str:
        key, nonce = dpop.key_of(grant.credentials["dpop_key"]), bluesky.oauth.nonces["rs"]
        bound = grant.credentials["access_token"] if token is None else token
        return dpop.proof(key, "GET", httpx.URL(bluesky.url + self.PLACE), nonce, bound)

    def ask(self, bluesky: Bluesky, grant: Grant, proof: str) -> tuple[int, str]:
        headers = {"authorization": f"DPoP {grant.credentials['access_token']}", "dpop": proof}
        answer = httpx.get(bluesky.url + self.PLACE, headers=headers)
        return answer.status_code, answer.json().get("message", "")

    async def test_a_proof_counts_once(self, bluesky: Bluesky, grant: Grant) -> None:
        proof = self.proof(bluesky, grant)
        assert self.ask(bluesky, grant, proof)[0] == 200
        assert self.ask(bluesky, grant, proof) == (401, "it was seen before")

    @pytest.mark.parametrize("token", ["", "of-another-grant"])
    async def test_a_proof_names_the_token_that_it_goes_with(self, bluesky: Bluesky, grant: Grant, token: str) -> None:
        assert self.ask(bluesky, grant, self.proof(bluesky, grant, token)) == (401, "ath is of another token")

    async def test_a_proof_is_of_now(self, bluesky: Bluesky, grant: Grant, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(dpop, "time", SimpleNamespace(time=lambda: datetime.now(UTC).timestamp() - 120))
            old = self.proof(bluesky, grant)
        assert self.ask(bluesky, grant, old) == (401, "it is old")

    async def test_an_assertion_counts_once_though_its_call_was_refused(self, bluesky: Bluesky) -> None:
        made = registered(bluesky)
        known = oauth_client.authentication(made, CLIENT, bluesky.url, oauth_client.newest_key(made, CLIENT))
        async with httpx.AsyncClient(base_url=bluesky.url) as calls:
            answers = [(await calls.post("/oauth/par", data=dict(known))).json()["error"] for _ in range(2)]
        assert answers == ["invalid_dpop_proof", "invalid_client"]

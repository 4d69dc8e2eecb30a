"""The connector against Bluesky's own servers: what the simulated one claims of them is so."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.bluesky import connect, posts, profiles
from connectors.bluesky.connector import BlueskyConnector
from connectors.bluesky.parse import parse
from connectors.bluesky.records import iso
from engage.errors import Ambiguous, Refused, Unauthorized
from engage.models import EventKind, Message, Outgoing, Surface
from engage.platform import AccountLink, App, Found
from tests.conftest import Postgres
from tests.connectors.bluesky import kit
from tests.platforms.bluesky_page import allow
from tests.platforms.bluesky_servers import Servers, running

# The first time they are installed, by one process for all.
pytestmark = [pytest.mark.postgres, pytest.mark.timeout(600), pytest.mark.xdist_group("bluesky")]
POST = "app.bsky.feed.post"
HERE = "http://127.0.0.1:8701/connect/bluesky/back"


@pytest.fixture(scope="module")
def servers(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    url, scratch = postgres.create_for_others("bluesky"), tmp_path_factory.mktemp("bluesky")
    with running(url, Path(scratch)) as found:
        yield found
    postgres.drop("bluesky")


@pytest.fixture(scope="module")
def creator(servers: Servers) -> dict[str, Any]:
    """The creator's account as their own app has it, with an app password."""
    person = servers.person("creator")
    made = servers.call("com.atproto.server.createAppPassword", {"name": "engage"}, person["accessJwt"])
    return {**person, "app_password": made["password"]}


@pytest.fixture(scope="module")
def ann(servers: Servers) -> dict[str, Any]:
    return servers.person("ann")


@pytest.fixture
async def account(servers: Servers, creator: dict[str, Any]) -> AccountLink:
    """As the studio connects it."""
    app = App("bluesky", {"base_url": servers.pds})
    given = {"handle": "creator.test", "app_password": creator["app_password"]}
    (grant,) = await connect.CONNECT.grant(app, given)
    assert (grant.platform_user_id, grant.config["dms"]) == (creator["did"], False)
    return AccountLink("a1", grant.platform_user_id, grant.handle, grant.config, grant.credentials, app)


@pytest.fixture
async def connector(account: AccountLink) -> AsyncIterator[BlueskyConnector]:
    made = BlueskyConnector(account)
    yield made
    await made.close()


def post(text: str, parent: dict[str, str] | None = None, root: dict[str, str] | None = None) -> dict[str, Any]:
    record = {"$type": POST, "text": text, "createdAt": iso(datetime.now(UTC))}
    return {**record, "reply": {"root": root or parent, "parent": parent}} if parent else record


def answer(uri: str, text: str = "Six weeks.", key: str = "key-1") -> Outgoing:
    return replace(kit.reply(text), in_reply_to=uri, idempotency_key=key, first_sent_at=datetime.now(UTC))


class Ear:
    def __init__(self, connector: BlueskyConnector) -> None:
        self.connector, self.cursor = connector, ""

    async def hear(self, kind: EventKind, text: str) -> Message:
        """The message of that text, once the servers tell of it."""
        async with asyncio.timeout(60):
            while True:
                page = await self.connector.poll(self.cursor)
                self.cursor = page.cursor
                own = self.connector._calls.did
                for event in [one for raw in page.events for one in parse(json.loads(raw.body), own)]:
                    if event.kind is kind and event.message and event.message.text == text:
                        return event.message
                await asyncio.sleep(0.05)


async def test_a_question_is_heard_and_answered_once(
    servers: Servers, creator: dict[str, Any], ann: dict[str, Any], connector: BlueskyConnector
) -> None:
    ear = Ear(connector)
    await connector.poll("")
    root = servers.write(creator, post("New shoes day!"))
    await indexed(
        connector, root
    )  # what is indexed at the same moment as its thread's first post may be told of nobody
    asked = servers.write(ann, post("How long did you wait?", root))
    question = await ear.hear(EventKind.MESSAGE, "How long did you wait?")
    assert (question.id, question.post_text, question.author.id) == (asked["uri"], "New shoes day!", ann["did"])
    reply = replace(answer(question.id), conversation_id=question.conversation_id)
    assert (await connector.find(reply)).found is Found.ABSENT
    first = await connector.send(reply)
    again = await connector.send(reply)
    assert (first.id, first.quiet_until) == (again.id, None)
    with pytest.raises(Ambiguous):
        await connector.send(replace(reply, text="Other words."))
    assert (await connector.find(reply)).receipt == first
    own = await ear.hear(EventKind.TAKEOVER, "Six weeks.")
    assert (own.id, own.conversation_id, own.reply_to_id) == (first.id, question.conversation_id, question.id)
    await connector.delete(first.id)
    await connector.delete(first.id)
    assert (await connector.find(reply)).found is Found.ABSENT


async def test_a_mention_is_heard_and_a_quote_is_not_answered(
    servers: Servers, creator: dict[str, Any], ann: dict[str, Any], connector: BlueskyConnector
) -> None:
    ear = Ear(connector)
    feature = {"$type": "app.bsky.richtext.facet#mention", "did": creator["did"]}
    facets = [{"index": {"byteStart": 0, "byteEnd": 13}, "features": [feature]}]
    alone = servers.write(ann, {**post("@creator.test what camera?"), "facets": facets})
    root = servers.write(creator, post("A quoted one"))
    servers.write(ann, {**post("look"), "embed": {"$type": "app.bsky.embed.record", "record": root}})
    mention = await ear.hear(EventKind.MESSAGE, "@creator.test what camera?")
    assert mention.conversation_id == f"{alone['uri']}|{ann['did']}"
    await Ear(connector).hear(EventKind.IGNORED, "look")
    receipt = await connector.send(answer(mention.id, "@ann.test a Lumix: https://shop.example/ü", "key-2"))
    place = {"repo": creator["did"], "collection": POST, "rkey": receipt.id.rpartition("/")[2]}
    value = (await connector._calls.get("com.atproto.repo.getRecord", place))["value"]
    assert value["facets"][1]["features"][0]["did"] == ann["did"]


async def test_the_greatest_length(
    servers: Servers, creator: dict[str, Any], ann: dict[str, Any], connector: BlueskyConnector
) -> None:
    asked = await indexed(connector, servers.write(ann, post("How long may it be?")))
    await connector.send(answer(asked, "👨‍👩‍👧‍👦" * 119, "key-3"))
    await connector.send(answer(asked, "é" * 300, "key-4"))
    with pytest.raises(Refused):
        await connector.send(answer(asked, "é" * 301, "key-5"))
    for text in ("é" * 301, "👨‍👩‍👧‍👦" * 121):
        given = {"repo": creator["did"], "collection": POST, "rkey": "3mkheavy22222", "record": post(text)}
        with pytest.raises(Refused, match=r"too (big|long)|must not be"):
            await connector._calls.write(posts.PUT, given)


async def test_what_is_no_address_costs_no_reply(
    servers: Servers, ann: dict[str, Any], creator: dict[str, Any], connector: BlueskyConnector
) -> None:
    asked = await indexed(connector, servers.write(ann, post("Where is it?")))
    text = "ראו \u2067https://shop.example/נעל\u2069, או https://... או https:///a או http://\ufeffa؟"
    receipt = await connector.send(answer(asked, text, "key-10"))
    place = {"repo": creator["did"], "collection": POST, "rkey": receipt.id.rpartition("/")[2]}
    value = (await connector._calls.get("com.atproto.repo.getRecord", place))["value"]
    (facet,) = value["facets"]
    covered = value["text"].encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
    assert (value["text"], covered) == (text, "https://shop.example/נעל")
    feature = {"$type": "app.bsky.richtext.facet#link", "uri": "https://"}
    broken = {**post(text), "facets": [{"index": {"byteStart": 0, "byteEnd": 8}, "features": [feature]}]}
    given = {"repo": creator["did"], "collection": POST, "rkey": "3mkbroken2222", "record": broken}
    with pytest.raises(Refused, match="uri"):
        await connector._calls.write(posts.PUT, given)


async def test_two_answers_of_one_millisecond_both_stand(
    servers: Servers, ann: dict[str, Any], connector: BlueskyConnector
) -> None:
    asked = await indexed(connector, servers.write(ann, post("Twice?")))
    one = answer(asked, key="key-11")
    two = replace(one, idempotency_key="key-12")
    receipts = [await connector.send(reply) for reply in (one, two, one, two)]
    assert len({receipt.id for receipt in receipts}) == 2
    assert [(await connector.find(reply)).receipt for reply in (one, two)] == receipts[:2]


async def test_who_may_answer_stays_as_it_was_where_a_reply_is_hidden(
    servers: Servers, creator: dict[str, Any], ann: dict[str, Any], connector: BlueskyConnector
) -> None:
    root = servers.write(creator, post("A thread for some"))
    key = root["uri"].rpartition("/")[2]
    allow = [{"$type": "app.bsky.feed.threadgate#mentionRule"}]
    gate = {"$type": "app.bsky.feed.threadgate", "post": root["uri"], "createdAt": iso(datetime.now(UTC))}
    spam = await indexed(connector, servers.write(ann, post("spam here", root)))
    servers.write(creator, {**gate, "allow": allow}, key)
    await connector.hide(Surface.COMMENT, spam, hidden=True)
    place = {"repo": creator["did"], "collection": "app.bsky.feed.threadgate", "rkey": key}
    value = (await connector._calls.get("com.atproto.repo.getRecord", place))["value"]
    assert value == {**gate, "allow": allow, "hiddenReplies": [spam]}
    with pytest.raises(Ambiguous):
        await connector._calls.write(posts.PUT, {**place, "record": {**gate, "allow": []}, "swapRecord": root["cid"]})


async def test_what_is_deleted_or_closed_is_not_answered(
    servers: Servers, creator: dict[str, Any], ann: dict[str, Any], connector: BlueskyConnector
) -> None:
    closed = servers.write(ann, post("Do not answer"))
    gate = {
        "$type": "app.bsky.feed.threadgate",
        "post": closed["uri"],
        "allow": [],
        "createdAt": iso(datetime.now(UTC)),
    }
    servers.write(ann, gate, closed["uri"].rpartition("/")[2])
    uri = await indexed(connector, closed, closed=True)
    with pytest.raises(Refused, match="does not take"):
        await connector.send(answer(uri, key="key-6"))
    gone = servers.write(ann, post("Soon gone"))
    uri = await indexed(connector, gone)
    place = {"repo": ann["did"], "collection": POST, "rkey": uri.rpartition("/")[2]}
    servers.call("com.atproto.repo.deleteRecord", place, ann["accessJwt"])
    await until_gone(connector, uri)
    with pytest.raises(Refused, match="gone"):
        await connector.send(answer(uri, key="key-7"))


async def test_a_hidden_reply_is_no_longer_told_of(
    servers: Servers, creator: dict[str, Any], ann: dict[str, Any], connector: BlueskyConnector
) -> None:
    root = servers.write(creator, post("A thread"))
    await indexed(connector, root)
    spam = servers.write(ann, post("spam", root))
    await Ear(connector).hear(EventKind.MESSAGE, "spam")
    await connector.hide(Surface.COMMENT, spam["uri"], hidden=True)

    async def untold() -> bool:
        return spam["uri"] not in str([raw.body for raw in (await connector.poll("")).events])

    await until(untold)
    await connector.hide(Surface.COMMENT, spam["uri"], hidden=False)
    told_again = await Ear(connector).hear(EventKind.MESSAGE, "spam")
    assert told_again.id == spam["uri"]


async def test_a_used_refresh_token_gives_the_same_successor_again(account: AccountLink) -> None:
    connector = BlueskyConnector(account)
    try:
        renewed, again = await connector.renew(), await connector.renew()
    finally:
        await connector.close()
    assert renewed.expires_at is not None
    assert claims_but_time(renewed.credentials["refresh_jwt"]) == claims_but_time(again.credentials["refresh_jwt"])
    fresh = BlueskyConnector(replace(account, credentials=again.credentials))
    try:
        assert (await fresh.examine(""))[0].state == "ok"
    finally:
        await fresh.close()


async def test_a_removed_app_password_ends_with_the_short_token(servers: Servers, creator: dict[str, Any]) -> None:
    made = servers.call("com.atproto.server.createAppPassword", {"name": "removed"}, creator["accessJwt"])
    app = App("bluesky", {"base_url": servers.pds})
    (grant,) = await connect.CONNECT.grant(app, {"handle": "creator.test", "app_password": made["password"]})
    connector = BlueskyConnector(AccountLink("a1", creator["did"], "", grant.config, grant.credentials, app))
    try:
        servers.call("com.atproto.server.revokeAppPassword", {"name": "removed"}, creator["accessJwt"])
        with pytest.raises(Unauthorized):
            await connector.renew()
        await connector.poll("")  # nobody is told before it ends
    finally:
        await connector.close()


async def entered(servers: Servers, name: str) -> tuple[dict[str, Any], AccountLink]:
    """A person of their own and their account, connected with an app password."""
    person = servers.person(name)
    made = servers.call("com.atproto.server.createAppPassword", {"name": "engage"}, person["accessJwt"])
    app = App("bluesky", {"base_url": servers.pds})
    (grant,) = await connect.CONNECT.grant(app, {"handle": f"{name}.test", "app_password": made["password"]})
    return person, AccountLink("a2", grant.platform_user_id, grant.handle, grant.config, grant.credentials, app)


async def test_a_session_that_is_given_back_is_renewed_no_more(servers: Servers) -> None:
    _, link = await entered(servers, "leaving")
    async with opened(link) as connector:
        for _ in range(2):  # the second time there is nothing to give back
            await connector.revoke()
        with pytest.raises(Unauthorized):
            await connector.renew()
        await connector.poll("")  # the short token goes on till its end


async def test_a_deactivated_and_a_deleted_account_are_lost_in_words(servers: Servers) -> None:
    person, link = await entered(servers, "closing")
    servers.call("com.atproto.server.deactivateAccount", {}, person["accessJwt"])
    async with opened(link) as connector:
        with pytest.raises(Unauthorized, match="the account is deactivated"):
            await connector.renew()
        servers.delete(person)
        with pytest.raises(Unauthorized, match="the server has the account no more"):
            await connector.renew()


async def test_the_label_of_the_profile_is_read(
    servers: Servers, creator: dict[str, Any], account: AccountLink
) -> None:
    connector = BlueskyConnector(replace(account, config={**account.config, "bot_label": True}))
    try:
        assert not await profiles.labelled(connector._calls)
        labels = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "bot"}]}
        profile = {"$type": "app.bsky.actor.profile", "displayName": "Creator", "labels": labels}
        place = {"repo": creator["did"], "collection": "app.bsky.actor.profile", "rkey": "self"}
        servers.call("com.atproto.repo.putRecord", {**place, "record": profile}, creator["accessJwt"])
        now = datetime.now(UTC)
        assert (await connector.capabilities(Surface.COMMENT, "x", now, now)).native_bot_label
    finally:
        await connector.close()


async def test_what_opens_nothing_is_refused(servers: Servers, account: AccountLink) -> None:
    for password, why in (("pass-creator", "own password"), ("nope-nope-nope-nope", "open no account")):
        with pytest.raises(Refused, match=why):
            await connect.CONNECT.grant(account.app, {"handle": "creator.test", "app_password": password})
    stale = BlueskyConnector(replace(account, credentials={"access_jwt": "a.b.c", "refresh_jwt": "a.b.c"}))
    try:
        with pytest.raises(Unauthorized):
            await stale.poll("")
        with pytest.raises(Unauthorized):
            await stale.renew()
    finally:
        await stale.close()


async def test_the_points_of_an_hour_are_told_and_kept(
    servers: Servers, ann: dict[str, Any], connector: BlueskyConnector
) -> None:
    asked = await indexed(connector, servers.write(ann, post("Once more?")))
    place = {"repo": connector._calls.did, "collection": POST, "rkey": "3mkpoints2222"}
    given = {**place, "record": post("counted")}
    answers = [await connector._calls.write("com.atproto.repo.putRecord", given) for _ in range(2)]
    left = [int(one.headers["ratelimit-remaining"]) for one in answers]
    assert answers[0].headers["ratelimit-policy"] in ("5000;w=3600", "3000;w=300")
    assert left[1] < left[0]
    assert (await connector.send(answer(asked, key="key-8"))).quiet_until is None


@pytest.fixture
async def consented(servers: Servers, creator: dict[str, Any]) -> AccountLink:
    """An account whose creator signed in and agreed on their server's own page."""
    app = App("bluesky", {"base_url": servers.pds, "directory": servers.plc})
    begun = await connect.CONNECT.begin(app, {"handle": "creator.test"}, HERE, "state-1")
    answer = await allow(begun.url, "pass-creator", HERE)
    assert answer.pop("state") == "state-1"
    (grant,) = await connect.CONNECT.finish(app, answer, HERE, begun.keep)
    assert (grant.platform_user_id, grant.handle, grant.config["dms"]) == (creator["did"], "creator.test", True)
    return AccountLink("a1", grant.platform_user_id, grant.handle, grant.config, grant.credentials, app)


async def test_an_account_that_was_consented_to_answers_renews_and_is_given_back(
    servers: Servers, ann: dict[str, Any], consented: AccountLink
) -> None:
    async with opened(consented) as connector:
        asked = await indexed(connector, servers.write(ann, post("Is it really you?")))
        reply = answer(asked, "Its assistant.", "key-9")
        receipt = await connector.send(reply)
        assert (await connector.find(reply)).receipt == receipt
        renewed = await connector.renew()
    assert renewed.expires_at is not None
    async with opened(replace(consented, credentials=renewed.credentials)) as connector:
        assert (await connector.send(reply)).id == receipt.id
        await connector.revoke()
        for call in (connector.renew(), connector.poll("")):
            with pytest.raises(Unauthorized):
                await call


async def test_a_refresh_token_that_comes_again_ends_what_was_consented_to(consented: AccountLink) -> None:
    async with opened(consented) as connector:
        renewed = await connector.renew()
        with pytest.raises(Unauthorized, match="replayed"):
            await connector.renew()
    async with opened(replace(consented, credentials=renewed.credentials)) as connector:
        for call in (connector.renew(), connector.poll("")):
            with pytest.raises(Unauthorized):
                await call


@asynccontextmanager
async def opened(account: AccountLink) -> AsyncIterator[BlueskyConnector]:
    connector = BlueskyConnector(account)
    try:
        yield connector
    finally:
        await connector.close()


async def until(so: Callable[[], Awaitable[bool]]) -> None:
    """Waits for something that only asking tells."""
    async with asyncio.timeout(60):
        while True:
            if await so():
                return
            await asyncio.sleep(0.05)


async def indexed(connector: BlueskyConnector, made: dict[str, str], *, closed: bool = False) -> str:
    """Once the network's view has it."""

    async def seen() -> bool:
        found = (await posts.views(connector._calls, [made["uri"]])).get(made["uri"])
        return found is not None and (not closed or "replyDisabled" in found.get("viewer", {}))

    await until(seen)
    return made["uri"]


async def until_gone(connector: BlueskyConnector, uri: str) -> None:
    async def gone() -> bool:
        return not await posts.views(connector._calls, [uri])

    await until(gone)


def claims_but_time(token: str) -> Any:
    part = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims["jti"], claims["sub"]

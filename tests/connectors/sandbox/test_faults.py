"""Webhooks reach whoever takes them, and the network is as bad as its dials say."""

import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connectors.sandbox.network import faults
from connectors.sandbox.network.faults import Ending, Faults
from connectors.sandbox.network.state import Refusal
from connectors.signatures import verify
from tests.connectors.sandbox.conftest import Endpoint, World


class TestWebhooks:
    def test_signed_with_every_secret(self, world: World, endpoint: Endpoint) -> None:
        path = "/api/accounts/u_ada"
        old = world.account["webhook_secret"]
        body = {"webhook_url": endpoint.url, "rotate_secret": True}
        new = world.call("PATCH", path, body, token=world.token)["webhook_secret"].split()[0]
        note = world.write()
        headers, raw = endpoint.next()
        assert new != old
        for secret in (new, old):
            assert verify([secret], headers, raw, datetime.now(UTC)) == world.events()[-1]["id"]
        assert httpx.Response(200, content=raw).json()["data"]["id"] == note["id"]
        assert httpx.Response(200, content=raw).json() == world.events()[-1], "polling tells the same"

    def connect(self, world: World, endpoint: Endpoint) -> None:
        world.call("PATCH", "/api/accounts/u_ada", {"webhook_url": endpoint.url}, token=world.token)

    def test_echo(self, world: World, endpoint: Endpoint) -> None:
        self.connect(world, endpoint)
        reply = world.reply(world.write())
        seen = {event["data"]["id"]: event for event in (endpoint.next_event(), endpoint.next_event())}
        assert seen[reply["id"]]["data"]["app_id"] == seen[reply["id"]]["account"]["app_id"]

    def test_tried_again_until_taken(self, world: World, endpoint: Endpoint) -> None:
        self.connect(world, endpoint)
        endpoint.statuses += [500, 302]
        world.write()
        ids = [endpoint.next()[0]["webhook-id"] for _ in range(3)]
        assert len(set(ids)) == 1
        figures = settled(world)
        assert figures == {"sent": 3, "delivered": 1, "pending": 0, "duplicates_sent": 0, "undelivered": 0}

    def test_kept_where_nobody_takes_it(
        self, world: World, endpoint: Endpoint, unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("connectors.sandbox.network.webhooks.MAX_ATTEMPTS", 2)
        self.connect(world, Endpoint(f"http://127.0.0.1:{unused_tcp_port}/"))
        world.write()
        assert settled(world)["undelivered"] == 1
        self.connect(world, endpoint)
        assert world.call("POST", "/_redeliver") == {"redelivered": 1}
        assert endpoint.next_event()["type"] == "comment.created"

    def test_duplicates_out_of_order(self, world: World, endpoint: Endpoint) -> None:
        self.connect(world, endpoint)
        world.faults(webhook_duplicates=1, webhook_shuffle_s=0.3)
        messages = [{"creator": "ada", "surface": "live", "follower": "tom", "text": str(n)} for n in range(20)]
        world.call("POST", "/api/follow/batch", {"messages": messages}, status=201)
        texts = [endpoint.next_event()["data"]["text"] for _ in range(40)]
        assert sorted(texts) == sorted([str(n) for n in range(20)] * 2)
        assert texts != sorted(texts, key=int)
        assert settled(world)["duplicates_sent"] == 20

    def test_delay(self, world: World, endpoint: Endpoint) -> None:
        self.connect(world, endpoint)
        world.faults(webhook_delay_ms=200)
        began = time.monotonic()
        world.write()
        endpoint.next()
        assert time.monotonic() - began >= 0.2

    def test_revoked_is_the_last_one_hears(self, world: World, endpoint: Endpoint) -> None:
        self.connect(world, endpoint)
        world.call("POST", "/api/accounts/ada/revoke")
        world.write()
        assert endpoint.next_event()["type"] == "account.revoked"
        assert settled(world)["sent"] == 1


def settled(world: World) -> dict[str, int]:
    """The figures once nothing is pending: the answer to a webhook is counted just after it was given."""
    deadline = time.monotonic() + 5
    while (figures := dict(world.stats()["webhooks"]))["pending"]:
        assert time.monotonic() < deadline, figures
        time.sleep(0.01)
    return figures


class TestFaults:
    @pytest.mark.parametrize(
        ("dials", "status", "posted"),
        [
            ({"reply_429": 1, "retry_after_s": 2.5}, 429, 0),
            ({"reply_5xx_before": 1}, 503, 0),
            ({"reply_5xx_after": 1}, 502, 1),
        ],
    )
    def test_failed_replies(self, world: World, dials: dict[str, float], status: int, posted: int) -> None:
        note = world.write()
        world.faults(**dials)
        headers = {"authorization": f"Bearer {world.token}"}
        answer = world.http.post("/api/reply", json=world.answer(note), headers=headers)
        assert answer.status_code == status
        assert answer.headers.get("retry-after") == ("3" if status == 429 else None)
        figures = world.stats()
        assert figures["replies"] == posted
        assert sum(figures["faults"].values()) == 1
        assert figures["violations"] == {}

    def test_a_strict_limit(self, world: World) -> None:
        """What is over it is refused and says when; a refused call, and another account's, counts not."""
        notes = [world.write(follower=f"f{number}") for number in range(3)]
        world.faults(reply_limit=2, reply_limit_s=60)
        for note in notes[:2]:
            world.reply(note)
        headers = {"authorization": f"Bearer {world.token}"}
        for _ in range(2):
            answer = world.http.post("/api/reply", json=world.answer(notes[2]), headers=headers)
            assert (answer.status_code, 58 <= int(answer.headers["retry-after"]) <= 60) == (429, True)
        figures = world.stats()
        assert (figures["replies"], figures["violations"]) == (2, {"rate_limited": 2})

    def test_posted_but_cut(self, world: World) -> None:
        note = world.write()
        world.faults(reply_reset_after=1)
        with pytest.raises(httpx.TransportError):
            world.reply(note)
        assert world.stats()["replies"] == 1

    def test_posted_but_late(self, world: World) -> None:
        note = world.write()
        world.faults(reply_timeout_after=1, timeout_s=0.3)
        began = time.monotonic()
        world.reply(note)
        assert time.monotonic() - began >= 0.3

    def test_readback_lags(self, world: World) -> None:
        note = world.write()
        world.faults(readback_lag_s=60)
        world.reply(note)
        path = f"/api/replies?in_reply_to={note['id']}"
        assert world.call("GET", path, token=world.token)["replies"] == []
        world.faults(readback_lag_s=0)
        assert len(world.call("GET", path, token=world.token)["replies"]) == 1

    @pytest.mark.parametrize(
        "dials",
        [
            {"nonsense": 1},
            {"reply_limit": -1},
            {"reply_429": 2},
            {"reply_429": -1},
            {"timeout_s": "long"},
            {"idempotency_keys": 1},
            {"reply_429": 0.6, "reply_5xx_after": 0.6},
            {"webhook_duplicates": True},
        ],
    )
    def test_dials_that_do_not_turn(self, dials: dict[str, Any]) -> None:
        with pytest.raises(Refusal) as caught:
            faults.changed(Faults(), dials)
        assert caught.value.status == 422

    def test_each_ending_has_its_share(self) -> None:
        dials = Faults(reply_429=0.1, reply_5xx_before=0.2, reply_timeout_after=0.3)
        rolls = [faults.ending(dials, n / 1000) for n in range(1000)]
        assert [rolls.count(ending) for ending in Ending] == pytest.approx([400, 100, 200, 0, 300, 0], abs=1)

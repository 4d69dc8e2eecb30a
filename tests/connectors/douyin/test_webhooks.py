"""Douyin's two signatures, as they are documented and as they are attacked, and whom a call is for."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.douyin.parse import parse
from connectors.douyin.webhooks import DouyinWebhooks, verify, verify_live
from engage.errors import ConfigError, InvalidSignature, Malformed
from engage.models import EventKind, Surface
from engage.platform import App, Delivery
from tests.connectors.douyin import kit

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)

# Vectors of the documented constructions, made with other implementations of them.
BODY = b'{"event":"im_receive_msg","client_key":"ck","content":"{}"}'
SIGNATURE = "56960487e6783a66232e863ce164f015ed583936"
LIVE_BODY = b'[{"msg_id":"1","content":"hi"}]'
LIVE = {"x-nonce-str": "n1", "x-timestamp": "1700000000000", "x-roomid": "r1", "x-msg-type": "live_comment"}
LIVE_SIGNATURE = "dVilfyCiFVkWyzVjGUo9cw=="
# Douyin's own example, on its page about the calls of a live mini-play.
THEIRS = {"x-nonce-str": "123456", "x-timestamp": "456789", "x-roomid": "268", "x-msg-type": "user_group"}


def delivered(body: bytes, headers: dict[str, str] | None = None, **config: Any) -> Delivery:
    given = kit.sign(kit.SECRETS[0], "d1", NOW, body) if headers is None else headers
    return DouyinWebhooks(kit.app(**config)).receive(given, body, NOW)


def pushed(rows: Any, late_s: float = 0, secret: str = kit.LIVE_SECRETS[0], kind: str = "", **config: Any) -> Delivery:
    body = json.dumps(rows).encode()
    headers = kit.live_headers(NOW - timedelta(seconds=late_s), kind=kind or "live_comment")
    return DouyinWebhooks(kit.app(**config)).receive(kit.sign_live(secret, headers, body), body, NOW)


def row(message_id: Any = "7300000000000000009", **changes: Any) -> dict[str, Any]:
    known = {"sec_openid": "_000fan", "content": "主播好", "nickname": "观众", "timestamp": 1795334390123}
    return {"msg_id": message_id, **known, **changes}


class TestEvents:
    def test_the_known_vector(self) -> None:
        verify(["other", "test-secret"], SIGNATURE, BODY)
        for wrong in ("", "é", SIGNATURE.upper(), SIGNATURE[:-1]):
            with pytest.raises(InvalidSignature):
                verify(["test-secret"], wrong, BODY)
        with pytest.raises(InvalidSignature):
            verify([], SIGNATURE, BODY)

    @pytest.mark.parametrize("secret", kit.SECRETS)
    def test_two_secrets_while_it_is_changed(self, secret: str) -> None:
        body = kit.body("d1")
        assert delivered(body, kit.sign(secret, "d1", NOW, body)).events

    def test_an_application_without_a_secret_is_named(self) -> None:
        with pytest.raises(ConfigError, match="client_secret"):
            DouyinWebhooks(App("douyin")).receive(kit.sign("", "d1", NOW, BODY), BODY, NOW)

    def test_the_key_is_douyins_or_the_bytes(self) -> None:
        body = kit.body("d1")
        headers = kit.sign(kit.SECRETS[0], "d1", NOW, body)
        (_, event), *_ = delivered(body, headers).events
        assert (event.key, event.body) == ("msg-d1", body)
        del headers["msg-id"]
        keys = {event.key for _ in range(2) for _, event in delivered(body, headers).events}
        assert len(keys) == 1
        assert keys != {"msg-d1"}

    @pytest.mark.parametrize("challenge", [12345, "12345", 0])
    @pytest.mark.parametrize("as_text", [False, True])
    def test_the_proof_of_the_address(self, challenge: Any, as_text: bool) -> None:
        content: Any = {"challenge": challenge}
        said = {"event": "verify_webhook", "client_key": "", "content": json.dumps(content) if as_text else content}
        answer = delivered(json.dumps(said).encode())
        assert (json.loads(answer.answer), answer.media_type, answer.status) == (content, "application/json", 200)
        assert list(answer.events) == []
        assert DouyinWebhooks(kit.app()).challenge({"challenge": "x"}) is None

    def test_a_stranger_gets_no_proof(self) -> None:
        body = json.dumps({"event": "verify_webhook", "content": {"challenge": 1}}).encode()
        with pytest.raises(InvalidSignature):
            delivered(body, {})

    @pytest.mark.parametrize("content", [{}, {"challenge": []}, "x", None])
    def test_a_challenge_that_is_none(self, content: Any) -> None:
        with pytest.raises(Malformed):
            delivered(json.dumps({"event": "verify_webhook", "content": content}).encode())

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b'"x"', b"\xff", b'{"event": 5}'])
    def test_a_body_that_is_none(self, body: bytes) -> None:
        with pytest.raises(Malformed):
            delivered(body)

    @pytest.mark.parametrize(
        ("event", "sender", "receiver", "whom"),
        [
            ("item_comment_reply", "fan", kit.OWN, [kit.OWN, "fan"]),
            ("item_comment_reply", kit.OWN, "fan", ["fan", kit.OWN]),
            ("item_comment_reply", kit.OWN, kit.OWN, [kit.OWN]),
            ("item_comment_reply", kit.OWN, "", [kit.OWN]),
            ("im_receive_msg", "fan", kit.OWN, [kit.OWN]),
            ("im_send_msg", kit.OWN, "fan", [kit.OWN]),
            ("im_recall_msg", "fan", kit.OWN, [kit.OWN, "fan"]),
            ("unauthorize", kit.OWN, "", [kit.OWN]),
            ("new_follow_action", "fan", kit.OWN, [kit.OWN]),
            ("life_member_join", "somebody", None, ["somebody"]),
            ("dial_phone", "", "", []),
        ],
    )
    def test_whom_it_is_for(self, event: str, sender: str, receiver: str | None, whom: list[str]) -> None:
        said = {"event": event, "from_user_id": sender, "content": "{}"}
        body = json.dumps(said if receiver is None else {**said, "to_user_id": receiver}).encode()
        assert [account for account, _ in delivered(body).events] == whom


class TestLive:
    def test_the_known_vectors(self) -> None:
        verify_live(["other", "test-secret"], {**LIVE, "x-signature": LIVE_SIGNATURE}, LIVE_BODY)
        theirs = {**THEIRS, "x-signature": "GAkalGmhzqlUGQO/TgvMug=="}
        verify_live(["123abc"], theirs, "abc123你好".encode())
        with pytest.raises(InvalidSignature):
            verify_live(["123abcd"], theirs, "abc123你好".encode())

    @pytest.mark.parametrize("name", [*LIVE, "x-signature"])
    @pytest.mark.parametrize("value", ["", "x", "é"])
    def test_each_header_counts(self, name: str, value: str) -> None:
        headers = {**LIVE, "x-signature": LIVE_SIGNATURE, name: value}
        with pytest.raises(InvalidSignature):
            verify_live(["test-secret"], headers, LIVE_BODY)

    def test_the_body_and_the_secret_count(self) -> None:
        headers = {**LIVE, "x-signature": LIVE_SIGNATURE}
        for secrets, body in ((["test-secre"], LIVE_BODY), (["test-secret"], LIVE_BODY + b"\n"), ([], LIVE_BODY)):
            with pytest.raises(InvalidSignature):
                verify_live(secrets, headers, body)

    @pytest.mark.parametrize("secret", kit.LIVE_SECRETS)
    def test_every_comment_is_for_the_account_of_its_room(self, secret: str) -> None:
        found = pushed([row("1"), row("2", sec_openid=kit.ANCHOR)], secret=secret).events
        assert [(account, event.key) for account, event in found] == [(kit.OWN, "live 1"), (kit.OWN, "live 2")]
        events = [one for account, event in found for one in parse(json.loads(event.body), account)]
        assert [(one.kind, one.surface) for one in events] == [
            (EventKind.MESSAGE, Surface.LIVE),
            (EventKind.TAKEOVER, Surface.LIVE),
        ]
        assert events[0].message is not None
        assert events[0].message.conversation_id == f"live:{kit.ROOM}"

    def test_the_events_secret_opens_no_live_door(self) -> None:
        for secret in (kit.SECRETS[0], "live-app-secret-9"):
            with pytest.raises(InvalidSignature):
                pushed([row()], secret=secret)
        body = json.dumps([row()]).encode()
        with pytest.raises(Malformed):  # signed as an event it is none
            delivered(body)

    @pytest.mark.parametrize("late_s", [301, -301])
    def test_a_time_out_of_the_window_is_a_replay(self, late_s: float) -> None:
        with pytest.raises(InvalidSignature, match="replay"):
            pushed([row()], late_s)
        assert pushed([row()], late_s * 0.9).events

    @pytest.mark.parametrize("at", ["-1", "1e12", "٣", "9" * 20, "now"])
    def test_a_time_that_is_none(self, at: str) -> None:
        body = json.dumps([row()]).encode()
        headers = kit.sign_live(kit.LIVE_SECRETS[0], {**kit.live_headers(NOW), "x-timestamp": at}, body)
        with pytest.raises(InvalidSignature):
            delivered(body, headers)

    def test_other_rooms_and_gifts_are_taken_and_left(self) -> None:
        """Ten refusals in a row, and Douyin pushes nothing for a while."""
        for nothing in (pushed([row()], kind="live_gift"), pushed([row()], live_rooms="1=x"), pushed([])):
            assert (list(nothing.events), nothing.status) == ([], 200)

    def test_any_room_of_the_only_creator(self) -> None:
        found = pushed([row()], live_rooms=f"1=somebody *={kit.OWN}").events
        assert [account for account, _ in found] == [kit.OWN]

    @pytest.mark.parametrize("broken", [5, {}, [], {"msg_id": ""}, {"msg_id": []}])
    def test_one_row_that_is_no_comment_costs_no_other(self, broken: Any) -> None:
        """What is refused is lost: nobody can ask for it again."""
        found = pushed([row("1"), broken, row("2")]).events
        assert [event.key for _, event in found] == ["live 1", "live 2"]

    def test_a_comment_that_is_pushed_twice_is_one(self) -> None:
        twice = [event.key for _ in range(2) for _, event in pushed([row(7300000000000000009), row()]).events]
        assert set(twice) == {"live 7300000000000000009"}

    @pytest.mark.parametrize("rows", [{}, "x", 5, None, [5], [{}], [[]], [{"msg_id": ""}]])
    def test_a_push_that_is_none(self, rows: Any) -> None:
        with pytest.raises(Malformed):
            pushed(rows)

"""The network keeps its rules, tells what happens, and counts right."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.sandbox.network import stats
from tests.connectors.sandbox.conftest import World


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


class TestPeople:
    def test_a_comment_opens_a_thread_and_replies_stay_in_it(self, world: World) -> None:
        first = world.write()
        assert first["conversation_id"] == f"{world.post_id}:{first['id']}"
        answer = world.write(text="same here", follower="kim", reply_to=first["id"])
        below = world.write(text="me too", reply_to=answer["id"])
        assert below["conversation_id"] == answer["conversation_id"] == first["conversation_id"]

    def test_direct_messages_and_the_live_room(self, world: World) -> None:
        assert world.write("dm")["conversation_id"] == "dm:u_ada:tom"
        assert world.write("dm", follower="kim")["conversation_id"] == "dm:u_ada:kim"
        assert world.write("live")["conversation_id"] == world.write("live", follower="kim")["conversation_id"]

    @pytest.mark.parametrize(
        ("change", "status", "code"),
        [
            ({"creator": "nobody"}, 404, "unknown_creator"),
            ({"post_id": "p_0"}, 404, "not_found"),
            ({"reply_to": "m_0"}, 404, "not_found"),
            ({"surface": "story"}, 422, "malformed"),
            ({"text": "  "}, 422, "malformed"),
            ({"text": 5}, 422, "malformed"),
            ({"text": "x" * 5001}, 422, "too_long"),
            ({"follower": ""}, 422, "malformed"),
            ({"follower": "u_ada"}, 422, "malformed"),
            ({"is_bot": "yes"}, 422, "malformed"),
            ({"sent_at": "yesterday"}, 422, "malformed"),
            ({"sent_at": "2026-01-01T00:00:00"}, 422, "malformed"),
        ],
    )
    def test_what_cannot_be_written(self, world: World, change: dict[str, Any], status: int, code: str) -> None:
        body = {"creator": "ada", "surface": "comment", "follower": "tom", "text": "hi", "post_id": world.post_id}
        assert world.refused("POST", "/api/follow/write", body | change, status=status) == code
        assert world.stats()["violations"] == {}, "people are not the app"

    def test_many_at_once(self, world: World) -> None:
        good = {"creator": "ada", "surface": "live", "follower": "tom", "text": "hi"}
        answer = world.call("POST", "/api/follow/batch", {"messages": [good, {}, good]}, status=201)
        assert ["id" in row for row in answer["written"]] == [True, False, True]
        assert world.stats()["messages"] == 2

    def test_edit_and_delete(self, world: World) -> None:
        note = world.write()
        world.call("PATCH", f"/api/follow/{note['id']}", {"text": "How long exactly?"})
        world.call("DELETE", f"/api/follow/{note['id']}")
        assert world.refused("PATCH", f"/api/follow/{note['id']}", {"text": "?"}, status=410) == "gone"
        kinds = [(event["type"], event["data"]["text"]) for event in world.events(1)]
        assert kinds == [
            ("comment.created", "How long?"),
            ("comment.edited", "How long exactly?"),
            ("comment.deleted", ""),
        ]
        assert world.refused("PATCH", f"/api/follow/{world.write('live')['id']}", {"text": "?"}, status=422)

    def test_only_the_author_changes_a_message(self, world: World) -> None:
        mine = world.reply(world.write())
        assert world.refused("DELETE", f"/api/follow/{mine['id']}", status=403) == "not_yours"

    def test_the_creator_in_person(self, world: World) -> None:
        note = world.write()
        body = {"creator": "ada", "conversation_id": note["conversation_id"], "text": "Me!", "reply_to": note["id"]}
        world.call("POST", "/api/creator/write", body, status=201)
        event = world.events()[-1]
        assert event["type"] == "comment.created"
        assert event["data"]["author"]["id"] == "u_ada"
        assert "app_id" not in event["data"]
        assert world.stats()["in_person"] == 1

    def test_what_needs_no_answer_is_told_too(self, world: World) -> None:
        world.call("POST", "/api/follow/react", {"id": world.write()["id"], "follower": "kim"})
        assert [event["type"] for event in world.events()] == ["post.created", "comment.created", "reaction.created"]


class TestRules:
    @pytest.mark.parametrize(("surface", "limit"), [("comment", 300), ("dm", 1000), ("live", 200)])
    def test_length(self, world: World, surface: str, limit: int) -> None:
        note = world.write(surface)
        assert world.refused_reply(world.answer(note, surface, "é" * (limit + 1)), 422) == "too_long"
        assert world.reply(note, surface, "é" * limit)["id"]
        assert world.stats()["violations"] == {"too_long": 1}

    def test_what_cannot_be_answered(self, world: World) -> None:
        note, other = world.write(), world.write()
        world.call("DELETE", f"/api/follow/{other['id']}")
        own = world.reply(note)
        world.call("POST", "/api/accounts", {"handle": "lin"}, status=201)
        elsewhere = world.write("live", creator="lin")
        for body, status, code in [
            (world.answer(other), 410, "gone"),
            (world.answer(note | {"id": "m_0"}), 404, "not_found"),
            (world.answer(elsewhere, "live"), 404, "not_found"),
            (world.answer(note | {"id": own["id"]}), 422, "own_message"),
            (world.answer(note | {"conversation_id": "dm:u_ada:tom"}), 422, "wrong_conversation"),
            (world.answer(note, "live"), 422, "wrong_conversation"),
            (world.answer(note) | {"text": ""}, 422, "malformed"),
            (world.answer(note) | {"automated": "true"}, 422, "malformed"),
        ]:
            assert world.refused_reply(body, status) == code
        violations = world.stats()["violations"]
        assert violations == {"gone": 1, "not_found": 2, "own_message": 1, "wrong_conversation": 2, "malformed": 2}

    def test_the_window_of_direct_messages(self, world: World) -> None:
        old = world.write("dm", sent_at=ago(hours=24, minutes=1))
        assert world.refused_reply(world.answer(old, "dm"), 403) == "closed_window"
        world.write("dm", sent_at=ago(hours=23))
        assert world.reply(old, "dm")["id"], "a newer message opened it again"

    def test_one_private_reply_to_a_comment(self, world: World) -> None:
        note = world.write(sent_at=ago(hours=30))
        private = {"surface": "dm", "text": "Psst", "automated": True, "private_reply_to": note["id"]}
        world.call("POST", "/api/reply", private, token=world.token)
        assert world.refused_reply(private, 409) == "private_reply_used"
        assert world.refused_reply(private | {"surface": "comment"}, 422) == "malformed"
        assert world.events()[-1]["data"]["conversation_id"] == "dm:u_ada:tom"
        world.reply(note)
        assert world.stats()["duplicate_replies"] == 0, "a private and a public reply are two things"

    def test_an_idempotency_key_makes_one_reply(self, world: World) -> None:
        note = world.write()
        first = world.reply(note, idempotency_key="k")
        assert world.reply(note, idempotency_key="k") == first
        assert world.refused_reply(world.answer(note, text="Other", idempotency_key="k"), 409) == "key_reused"
        assert world.stats()["replies"] == 1
        world.faults(idempotency_keys=False)
        assert world.reply(note, idempotency_key="k") != first
        assert world.stats()["duplicate_replies"] == 1

    def test_look_and_take_back(self, world: World) -> None:
        note = world.write()
        reply = world.reply(note)
        path = f"/api/replies?conversation_id={note['conversation_id']}&in_reply_to={note['id']}"
        seen = world.call("GET", path, token=world.token)["replies"]
        assert [(row["id"], row["text"], row["automated"]) for row in seen] == [(reply["id"], "Six weeks.", True)]
        for _ in range(2):
            world.call("DELETE", f"/api/replies/{reply['id']}", token=world.token)
        assert world.call("GET", path, token=world.token)["replies"] == []
        assert [event["type"] for event in world.events()].count("comment.deleted") == 1
        assert world.refused("DELETE", f"/api/replies/{note['id']}", status=404, token=world.token) == "not_found"
        assert world.refused("GET", "/api/replies", status=422, token=world.token) == "malformed"


class TestAccounts:
    def test_a_token_ends(self, world: World) -> None:
        old = world.token
        new = world.call("POST", "/api/token/refresh", {"refresh_token": world.account["refresh_token"]})
        assert world.refused("GET", "/api/events", status=401, token=old) == "unauthorized"
        world.call("GET", "/api/events", token=new["access_token"])
        world.call("POST", "/api/accounts/ada/revoke")
        assert world.refused("GET", "/api/events", status=401, token=new["access_token"]) == "unauthorized"
        body = {"refresh_token": new["refresh_token"]}
        assert world.refused("POST", "/api/token/refresh", body, status=401) == "unauthorized"
        assert world.stats()["violations"] == {"unauthorized": 3}
        again = world.call("POST", "/api/accounts", {"handle": "ada"}, status=201)
        types = [event["type"] for event in world.call("GET", "/api/events", token=again["access_token"])["events"]]
        assert types[-1] == "account.revoked"

    def test_only_its_app_changes_an_account(self, world: World) -> None:
        other = world.call("POST", "/api/accounts", {"handle": "lin"}, status=201)
        path = "/api/accounts/u_ada"
        assert world.refused("PATCH", path, {}, status=401) == "unauthorized"
        assert world.refused("PATCH", path, {}, status=403, token=other["access_token"]) == "not_yours"
        assert world.refused("POST", "/api/accounts", {"handle": "a b"}, status=422) == "malformed"

    def test_polling(self, world: World) -> None:
        for _ in range(3):
            world.write("live")
        page = world.call("GET", "/api/events?after=1&limit=2", token=world.token)
        assert [event["type"] for event in page["events"]] == ["live.created"] * 2
        assert page["cursor"] == 3
        assert world.call("GET", "/api/events?after=999", token=world.token) == {"events": [], "cursor": 4}
        assert world.refused("GET", "/api/events?after=x", status=422, token=world.token) == "malformed"


class TestFigures:
    def test_an_afternoon(self, world: World) -> None:
        first, second, _ = world.write(), world.write("live"), world.write("dm", is_bot=True)
        world.reply(first)
        world.reply(first, text="Again")
        world.reply(second, "live", automated=False)
        figures = world.stats()
        assert {name: figures[name] for name in ("messages", "replies", "answered", "duplicate_replies")} == {
            "messages": 3,
            "replies": 3,
            "answered": 2,
            "duplicate_replies": 1,
        }
        assert figures["unlabelled_replies"] == 1
        assert 0 <= figures["latency"]["p50_s"] <= figures["latency"]["p95_s"] < 5
        dump = world.call("GET", "/_messages?creator=ada&surface=comment")["messages"]
        assert [reply["text"] for reply in dump[0]["replies"]] == ["Six weeks.", "Again"]
        assert len(world.call("GET", "/_messages")["messages"]) == 3

    def test_quantiles_of_nothing(self) -> None:
        assert stats._quantile([], 0.5) is None
        assert stats._quantile([1.0, 2.0, 3.0], 0.95) == 3.0

    def test_ids_never_come_twice(self, world: World) -> None:
        before = world.write()
        world.call("POST", "/_reset")
        assert world.stats()["messages"] == 0
        world.call("POST", "/api/accounts", {"handle": "ada"}, status=201)
        assert world.write("live")["id"] > before["id"]


class TestPage:
    def test_files_and_view(self, world: World) -> None:
        for path, kind in (("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript")):
            answer = world.http.get(path)
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith(kind)
        world.write("dm")
        world.write("dm", follower="kim")
        seen = world.call("GET", "/api/view?creator=ada&follower=kim")
        assert [note["author"] for note in seen["notes"]] == ["kim"], "nobody sees another's direct messages"
        assert [post["id"] for post in seen["posts"]] == [world.post_id]
        assert [creator["handle"] for creator in world.call("GET", "/api/creators")["creators"]] == ["ada"]

    def test_what_happens_is_streamed(self, world: World) -> None:
        with world.http.stream("GET", "/api/stream?creator=ada&follower=tom") as stream:
            lines = stream.iter_lines()
            assert next(lines) == ": welcome"
            world.write("dm", follower="kim")
            note = world.write("dm")
            line = next(line for line in lines if line.startswith("data:"))
            assert note["id"] in line

    def test_unknown_paths(self, world: World) -> None:
        assert world.refused("GET", "/api/nothing", status=404) == "no_such_route"
        assert world.http.post("/api/follow/write", content=b"{").status_code == 422
        assert world.http.post("/api/follow/write", content=b"[]").status_code == 422

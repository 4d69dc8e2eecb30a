"""Held against what Telegram publishes about its API, and against updates out of the tests of other people's bots."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from connectors.telegram.own import STAMP
from connectors.telegram.parse import UPDATES, parse
from engage.errors import Malformed
from engage.models import EventKind
from tests.platforms.base import Call
from tests.platforms.specs import spec_file
from tests.platforms.telegram import BOT_ID, GROUP, SPEC, Telegram, check_call, check_update

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.json"))
ROOT = Path(__file__).parents[3]
PAYLOADS = Path(os.environ.get("ENGAGE_TEST_DATA") or ROOT.parent / "shared" / "data") / "webhooks" / "payloads.jsonl"


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(spec_file(SPEC).read_text("utf-8"))
    return found


@pytest.mark.usefixtures("description")
class TestDescription:
    @pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
    def test_fixtures_are_updates_that_telegram_would_send(self, path: Path) -> None:
        payload = json.loads(path.read_text("utf-8"))["payload"]
        check_update({name: value for name, value in payload.items() if name != STAMP})

    def test_so_are_the_simulated_ones(self, telegram: Telegram) -> None:
        telegram.echoes = True
        thread = telegram.publish("New lens day!")
        number = telegram.comment(thread, "Which one?")
        telegram.comment(thread, "And the body?", user=7, to=number)
        telegram.edit(GROUP, number, "Which one is it?")
        telegram.write("Hello")
        telegram.write_to_channel("Hello")
        asked = telegram.write_to_creator("Hello, Ada")
        telegram.creator_writes(5550001, "Hello, Ann")
        telegram.switch_secretary(on=False)
        telegram.remove(5550001, asked, "bc_AAA")
        assert len(telegram.updates) == 11
        for update in telegram.updates:
            check_update(update)

    def test_every_kind_that_is_asked_for_exists(self, description: dict[str, Any]) -> None:
        assert set(UPDATES) <= {one["name"] for one in description["types"]["Update"]["fields"]}

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"chat_id": 5},
            {"chat_id": 5, "text": 5},
            {"chat_id": True, "text": "a"},
            {"chat_id": 5, "text": "a", "reply_to": 7},
            {"chat_id": 5, "text": "a", "reply_parameters": {"message_id": "7"}},
        ],
        ids=json.dumps,
    )
    def test_a_wrong_request_would_be_noticed(self, body: dict[str, Any]) -> None:
        with pytest.raises(AssertionError):
            check_call(Call("POST", "/bot1:x/sendMessage", {}, {}, json.dumps(body).encode()))


def of_all_platforms() -> list[dict[str, Any]]:
    if not PAYLOADS.exists():
        return []
    return [json.loads(line) for line in PAYLOADS.read_text("utf-8").split("\n") if line]


def rows() -> list[dict[str, Any]]:
    return [row for row in of_all_platforms() if row["platform"] == "telegram"]


@pytest.mark.skipif(not PAYLOADS.exists(), reason="the payloads of other projects are not at hand")
class TestPayloadsOfOthers:
    @pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in rows()])
    def test_is_understood_or_refused_by_name(self, row: dict[str, Any]) -> None:
        """For the bot that it came for, for the one who wrote it, and where nobody says whose it is."""
        author = str((row["payload"].get(row["event"]) or {}).get("from", {}).get("id", ""))
        for account in (str(BOT_ID), author, ""):
            try:
                events = parse(row["payload"], account)
            except Malformed as error:
                pytest.fail(f"it is one of Telegram's own: {error}")
            assert events
            for event in events:
                assert event.kind is not EventKind.IGNORED or event.reason
                if event.kind is EventKind.MESSAGE:
                    assert event.message is not None
                    assert event.message.author.id != account

    def test_what_was_written_in_words_is_heard(self) -> None:
        kinds = {row["id"]: [event.kind for event in parse(row["payload"], str(BOT_ID))] for row in rows()}
        said = [row for row in rows() if row["payload"].get("message", {}).get("text", "/").startswith("Bold")]
        assert said
        assert all(kinds[row["id"]] == [EventKind.MESSAGE] for row in said)
        edited = [row for row in rows() if row["event"] == "edited_message"]
        assert all(kinds[row["id"]] == [EventKind.EDITED] for row in edited)

    def test_other_platforms_payloads_are_no_updates(self) -> None:
        for row in of_all_platforms():
            payload = row["payload"]
            if not (isinstance(payload, dict) and "update_id" in payload):
                with pytest.raises(Malformed):
                    parse(payload, str(BOT_ID))

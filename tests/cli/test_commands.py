"""The commands as scripts use them: JSON in, JSON out, exit codes that mean something."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engage import intake
from engage.ledger import inbox
from engage.ledger.audit import entries
from engage.ledger.creators import get_account
from engage.ledger.database import Database
from engage.ledger.erasure import find
from engage.ledger.inbox import Incoming
from engage.ledger.people import opt_out, opted_out_of
from engage.settings import load
from tests.cli.conftest import Engage
from tests.serving import mailbox
from workers.runtime import Runtime

WORDS = [
    {"id": "p1", "text": "I use marine grease on every bottom bracket. It keeps the water out for years."},
    {"id": "q1", "question": "how often should I oil my chain?", "reply": "Every 200 kilometres, and after rain."},
    {"id": "f1", "question": "Do you ship abroad?", "answer": "Yes, to all of Europe, within a week."},
    {"id": "s1", "name": "Truing stand", "text": "Folds flat.", "price": "49 EUR", "url": "https://shop.example/stand"},
]


@pytest.fixture
def words(tmp_path: Path) -> Path:
    file = tmp_path / "words.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in WORDS))
    return file


@pytest.fixture
def tilly(engage: Engage, words: Path, shared_chroma: None) -> None:
    assert engage("import", "--creator", "tilly", "--create-missing", str(words), "--json").code == 0


@pytest.mark.timeout(180)
def test_an_import_counts_what_it_read_and_repeating_it_changes_nothing(engage: Engage, words: Path) -> None:
    first = engage("import", "--creator", "tilly", "--create-missing", str(words), "--json")
    again = engage("import", "--creator", "tilly", str(words), "--json")
    assert first.rows == [
        {"documents": 4, "passages": 4, "pairs": 2, "products": 1, "unchanged": 0, "dropped": {}, "rejected": []}
    ]
    assert again.rows[0]["unchanged"] == 4
    assert again.rows[0]["documents"] == 0


def test_an_import_names_the_lines_it_cannot_use_and_keeps_the_others(engage: Engage, tmp_path: Path) -> None:
    file = tmp_path / "broken.jsonl"
    file.write_text('{"id": "a", "text": "A whole sentence of mine."}\n{half\n{"id": "b"}\n')
    done = engage("import", "--creator", "tilly", "--create-missing", str(file), "--json")
    assert done.code == 1
    report = done.rows[0]
    assert report["documents"] == 1
    assert [row["line"] for row in report["rejected"]] == [2, 3]
    assert all(row["path"] == str(file) and row["reason"] for row in report["rejected"])


def test_recall_finds_the_passage_that_answers_and_says_when_there_is_none(engage: Engage, tilly: None) -> None:
    rows = [{"id": 1, "text": "how often do you oil the chain?"}, {"id": 2, "text": "who won the election in Peru?"}]
    done = engage("recall", "--creator", "tilly", "--k", "2", input=rows)
    known, unknown = done.rows
    assert known["passages"][0]["source_id"] == "q1"
    assert (known["supported"], unknown["supported"]) == (True, False)
    assert len(known["passages"]) <= 2


def test_a_reply_is_made_of_the_creators_words_with_its_evidence(engage: Engage, tilly: None) -> None:
    done = engage("reply", "--creator", "tilly", input=[{"id": "x", "text": "How often should I oil my chain?"}])
    row = done.rows[0]
    assert row["outcome"] == "answer"
    assert "200 kilometres" in row["text"]
    assert row["evidence"][0]["passage_id"]
    assert row["disclosure"] in ("text", "native", "earlier")
    assert row["model"] == "extractive"


def test_a_question_nobody_answered_goes_to_a_person_in_a_direct_message(engage: Engage, tilly: None) -> None:
    rows = [
        {"id": "a", "surface": "dm", "text": "Which hotel in Lisbon do you recommend?"},
        {"id": "b", "surface": "comment", "text": "Which hotel in Lisbon do you recommend?"},
    ]
    direct, public = engage("reply", "--creator", "tilly", input=rows).rows
    assert (direct["outcome"], public["outcome"]) == ("escalate", "skip")
    assert "unsupported" in direct["reasons"]


def test_a_preview_knows_nothing_of_anybody(engage: Engage, tilly: None) -> None:
    row = {"id": "a", "surface": "dm", "text": "My name is Ana. What do you know about me?"}
    [done] = engage("reply", "--creator", "tilly", input=[row]).rows
    assert (done["outcome"], done["reasons"]) == ("answer", ["asked_what_is_known"])
    assert "noted nothing about you" in done["text"]


def test_a_malformed_line_is_reported_and_the_others_are_processed(engage: Engage) -> None:
    lines = ['{"id": 1, "text": "how do I start?"}', "nonsense", "[]", '{"id": 2}', '{"id": 3, "text": "🔥"}']
    done = engage("triage", input="\n".join(lines))
    assert done.code == 1
    assert [row["id"] for row in done.rows] == ["1", "3"]
    assert [json.loads(line)["line"] for line in done.err.splitlines()] == [2, 3, 4]


def test_triage_tells_by_the_encoder_what_words_alone_do_not(engage: Engage) -> None:
    [row] = engage("triage", input=[{"id": 1, "text": "i feel so empty, i carve words into my skin every night"}]).rows
    assert (row["decision"], row["reasons"], row["flags"]) == ("escalate", ["crisis"], ["self_harm"])


def test_a_row_may_name_its_own_creator(engage: Engage, tilly: None) -> None:
    rows = [
        {"id": 1, "text": "how often oil the chain?", "creator": "tilly"},
        {"id": 2, "text": "hm", "creator": "who"},
    ]
    done = engage("recall", input=rows)
    assert done.code == 1
    assert [row["id"] for row in done.rows] == ["1"]
    assert "who" in done.err


def test_an_unknown_creator_fails_with_the_command_that_lists_them(engage: Engage) -> None:
    done = engage("recall", "--creator", "nobody")
    assert done.code == 1
    assert "engage creator list" in done.err


def test_a_typo_in_the_settings_is_named_with_its_file_and_fix(engage: Engage, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "engage.toml").write_text("debonce = 2\n")
    done = engage("creator", "list")
    assert done.code == 2
    assert "debonce" in done.err
    assert "engage.toml" in done.err
    assert "debounce" in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["import", "--creator", "x"],
        ["import", "--creator", "x", "/no/such/file"],
        ["forget", "--follower", "x"],
        ["answer-again", "--follower", "x"],
    ],
)
def test_wrong_arguments_end_with_code_2(arguments: list[str], engage: Engage) -> None:
    assert engage(*arguments).code == 2


def test_a_platform_payload_is_shown_in_normal_form(engage: Engage) -> None:
    message = {
        "id": "m_1",
        "surface": "comment",
        "conversation_id": "p_1:m_1",
        "author": {"id": "tom", "name": "Tom", "is_bot": False},
        "text": "hello?",
        "sent_at": "2026-11-22T08:00:00+00:00",
        "reply_to": None,
        "post": {"id": "p_1", "text": "a post"},
    }
    payload = {"id": "e1", "type": "comment.created", "account": {"id": "u_1", "app_id": "a"}, "data": message}
    wrapped, bare = engage("parse", "sandbox", input=[{"id": "one", "payload": payload}, payload]).rows
    assert wrapped["id"] == "one"
    event = wrapped["events"][0]
    assert (event["kind"], event["surface"]) == ("message", "comment")
    assert event["message"]["author"] == {"id": "tom", "name": "Tom", "is_self": False, "is_bot": False}
    assert bare["events"] == wrapped["events"]


def test_a_platform_nobody_knows_is_named(engage: Engage) -> None:
    done = engage("parse", "sandbx")
    assert done.code == 2
    assert "sandbox" in done.err


def test_pause_and_resume_reach_everything_a_creator_or_an_account(engage: Engage, tilly: None) -> None:
    assert engage("pause").rows == [{"paused": True, "scope": "everything"}]
    assert engage("pause", "--creator", "tilly").rows[0]["subject"] == "tilly"
    assert engage("creator", "list", "--json").rows[0][0]["paused"] is True
    engage("resume", "--creator", "tilly")
    assert engage("creator", "list", "--json").rows[0][0]["paused"] is False
    assert engage("pause", "--account", "nobody").code == 1


def test_an_account_is_disconnected_and_what_its_owner_must_still_do_is_said(engage: Engage) -> None:
    runtime = Runtime.start(load())
    account = mailbox(runtime).account_id
    done = engage("disconnect", account)
    assert (done.code, done.rows[0]["disconnected"]) == (0, True)
    assert "sandbox offers no way" in done.rows[0]["access_still_stands"]
    with runtime.db.reading() as tx:
        assert get_account(tx, account).state == "disconnected"
    [found] = [one for one in json.loads(engage("doctor", "--json").out) if one["name"] == "account sandbox tilly"]
    assert (found["state"], found["found"]) == ("ok", "disconnected by cli")
    assert engage("disconnect", "nobody").code == 1


@pytest.fixture
def ledger(engage: Engage) -> Database:
    """The ledger of the test's home, with an account and one delivery."""
    runtime = Runtime.start(load())
    box = mailbox(runtime)
    with runtime.db.transaction() as tx:
        inbox.store(tx, [Incoming(box.account_id, "evt_1", "webhook", box.comment(1))], datetime.now(UTC))
        intake.process(tx, runtime.parser_of, runtime.intake_policy, datetime.now(UTC))
    return runtime.db


def test_a_forgotten_follower_is_in_no_export_any_more(engage: Engage, ledger: Database) -> None:
    before = engage("export", "--creator", "tilly").out
    assert "Follower 1" in before
    erased = engage("forget", "--follower", "sandbox:f_1").rows[0]["erased"]
    assert (erased["messages"], erased["followers"], erased["deliveries"]) == (1, 1, 1)
    after = engage("export", "--creator", "tilly").out
    assert "Follower 1" not in after
    assert "f_1" not in after
    assert engage("forget", "--follower", "sandbox:f_1").code == 1


def test_who_was_taken_for_wanting_no_more_messages_is_answered_again(engage: Engage, ledger: Database) -> None:
    with ledger.transaction() as tx:
        (person,) = find(tx, "sandbox", "f_1")
        opt_out(tx, person.id, datetime.now(UTC))
    done = engage("answer-again", "--follower", "sandbox:f_1").rows[0]
    assert done == {"answered_again_on": [person.account_id]}
    with ledger.reading() as tx:
        assert not opted_out_of(tx, [person.id])
        assert [row.action for row in entries(tx, person.creator_id)] == ["answer_again"]
    assert engage("answer-again", "--follower", "sandbox:f_1").rows[0] == {"answered_again_on": []}
    assert engage("answer-again", "--follower", "sandbox:f_404").code == 1


def test_an_export_holds_no_credentials(engage: Engage, ledger: Database) -> None:
    rows = engage("export", "--creator", "tilly").rows
    account = next(row for row in rows if row["table"] == "accounts")
    assert "credentials" not in account
    assert {"messages", "deliveries", "turns", "modes"} <= {row["table"] for row in rows}


def test_a_replayed_delivery_is_received_again(engage: Engage, ledger: Database) -> None:
    delivery = next(row for row in engage("export", "--creator", "tilly").rows if row["table"] == "deliveries")
    assert delivery["state"] == "processed"
    assert engage("replay", delivery["id"]).code == 0
    again = next(row for row in engage("export", "--creator", "tilly").rows if row["table"] == "deliveries")
    assert again["state"] == "received"
    assert engage("replay", "nothing").code == 1


def test_the_doctor_names_what_is_wrong_and_how_to_mend_it(engage: Engage, ledger: Database) -> None:
    done = engage("doctor", "--json")
    checks = {check["name"]: check for check in done.rows[0]}
    assert checks["database"]["state"] == "ok"
    assert checks["model"]["state"] == "ok"
    assert checks["workers"]["state"] == "warn"
    assert all(check["fix"] for check in checks.values() if check["state"] != "ok")


def test_the_doctor_fails_where_redis_is_dead(engage: Engage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    done = engage("doctor", "--json")
    assert done.code == 1
    assert next(check for check in done.rows[0] if check["name"] == "redis")["state"] == "fail"


def test_recalling_replies_needs_a_span_of_time(engage: Engage) -> None:
    done = engage("recall-replies", "--since", "yesterday")
    assert done.code == 2
    assert "30m" in done.err


def test_the_voice_of_a_creator_is_shown_and_scored(engage: Engage) -> None:
    for folder in ("tilly",):
        source = Path(__file__).parents[2] / "config" / "creators" / folder
        assert (
            engage("import", "--creator", folder, "--create-missing", str(source / "pairs.jsonl"), "--json").code == 0
        )
    profile = engage("voice", "show", "--creator", "tilly").rows[0]
    assert profile["capitals"] < 0.2
    rows = [
        {"id": "own", "text": "righto, grease it first. two turns, no more, and wipe the rest off 🔧"},
        {"id": "other", "text": "OMG!!! This Is SO AMAZING, THANKS FOR WATCHING, SMASH THAT SUBSCRIBE BUTTON!!!"},
    ]
    own, other = engage("voice", "score", "--creator", "tilly", input=rows).rows
    assert own["style"] > other["style"]

"""Chats of Instagram and Messenger in every form an export has them."""

import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory import importers
from engage.memory.importers import meta_messages, meta_other, web_page
from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Me, Source, sample_of
from engage.memory.importers.meta_automatic import is_notice
from engage.memory.importers.meta_text import repaired, shown_date
from engage.memory.importers.rows import NO_WORDS, OTHER_PARTS, OTHERS_PRIVATE, BadRow, Dropped, Private, Rejected

FOLDER = "your_instagram_activity/messages/inbox/bo_123"
PATH = f"a.zip/{FOLDER}/message_1.json"
AT = datetime(2024, 1, 5, 10, 13, tzinfo=UTC)
MS = int(AT.timestamp() * 1000)
INSTAGRAM = "personal_information/personal_information/personal_information.json"
FACEBOOK = "personal_information/profile_information/profile_information.json"


def meta(value: Any) -> Any:
    """As Meta writes it: each byte of UTF-8 a character."""
    if isinstance(value, str):
        return value.encode().decode("latin-1")
    if isinstance(value, dict):
        return {meta(key): meta(held) for key, held in value.items()}
    return [meta(one) for one in value] if isinstance(value, list) else value


def profile(**labels: str) -> dict[str, Any]:
    fields = {label.replace("_", " "): {"href": "", "value": value} for label, value in labels.items()}
    return {"profile_user": [{"string_map_data": fields}]}


ME = {INSTAGRAM: json.dumps(profile(Username="ann.bee", Name="Ann Bee"))}


def message(sender: str, content: Any = None, **more: Any) -> dict[str, Any]:
    said = {} if content is None else {"content": content}
    return {"sender_name": sender, "timestamp_ms": MS, **said, **more}


def chat(*messages: Any, people: tuple[str, ...] = ("Ann Bee", "Bo")) -> dict[str, Any]:
    named = [{"name": name} for name in people]
    return {"participants": named, "messages": [*messages], "title": "Bo", "thread_path": "inbox/bo_123"}


def read(content: Any, beside: dict[str, str] | None = None, me: tuple[str, ...] = (), form: str = "json") -> list[Any]:
    data = content if isinstance(content, str) else json.dumps(meta(content))
    file = in_memory(PATH.replace("json", form), f"{FOLDER}/message_1.{form}", data.encode("utf-8", "surrogatepass"))
    others = [in_memory(f"a.zip/{name}", name, text.encode()) for name, text in (beside or {}).items()]
    return list(meta_messages.FORMAT.read(Source(file, Export([file, *others]), Me.of(*me))))


def box(sender: str, words: str, shown: str = "Jan 05, 2024 10:13 am", more: str = "") -> str:
    return (
        '<div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder">'
        f'<h2 class="_3-95 _2pim _a6-h _a6-i">{sender}</h2>'
        f'<div class="_3-95 _a6-p"><div><div></div><div>{words}</div><div></div><div>{more}</div></div></div>'
        f'<div class="_3-94 _a6-o">{shown}</div></div>'
    )


def page(*boxes: str) -> str:
    told = "".join(boxes)
    return f'<html><head><title>Bo</title></head><body><main class="_a706" role="main">{told}</main></body></html>'


def test_only_the_creators_side_comes_in_and_its_letters_are_whole() -> None:
    private, dropped = read(chat(message("Ann Bee", "Café at six? 🍰"), message("Bo", "a secret")), ME)
    assert private == Private(private.id, "Café at six? 🍰", AT)
    assert private.id.startswith("meta:")
    assert dropped == Dropped(PATH, OTHERS_PRIVATE, 1)


def test_letters_that_are_whole_already_are_left_alone() -> None:
    (row,) = read(json.dumps(chat(message("Ann Bee", "Café für Zoë"))), ME)
    assert row.text == "Café für Zoë"


@given(st.text(max_size=30))
def test_what_was_written_comes_back_from_its_bytes(words: str) -> None:
    assert repaired(meta(words)) == words


def test_the_creator_is_known_by_names_with_accents_in_an_export_in_another_language() -> None:
    told = {
        INSTAGRAM: json.dumps(meta(profile(Nom_de_profil="zoe.k", Nom="Zoë K", Adresse_électronique="z@example.com")))
    }
    private, others = read(chat(message("Zoë K", "hi"), message("Bo", "hm"), people=("Zoë K", "Bo")), told)
    assert (private.text, others.count) == ("hi", 1)


@pytest.mark.parametrize("told", [{"profile_v2": {"name": {"full_name": "Ann Bee"}}}, {"profile": {"name": "Ann Bee"}}])
def test_a_facebook_profile_tells_who_the_creator_is(told: Any) -> None:
    (row,) = read(chat(message("Ann Bee", "hi")), {FACEBOOK: json.dumps(told)})
    assert isinstance(row, Private)


def test_relatives_in_a_profile_page_are_not_taken_for_the_creator() -> None:
    cell = '<tr><td class="_2pin _a6_q">{}<div><div>{}</div></div></td></tr>'
    boxed = '<div class="_a6-g"><div class="_a6-p"><table>{}</table></div></div>'
    html = page(boxed.format(cell.format("Name", "Ann Bee") + cell.format("Family", "Bo")))
    beside = {FACEBOOK.replace("json", "html"): html}
    private, dropped = read(chat(message("Ann Bee", "hi"), message("Bo", "a secret")), beside)
    assert (private.text, dropped) == ("hi", Dropped(PATH, OTHERS_PRIVATE, 1))
    translated = {name: text.replace("Name", "Navn") for name, text in beside.items()}
    (refused,) = read(chat(message("Ann Bee", "hi"), message("Bo", "a secret")), translated)
    assert isinstance(refused, Rejected)


def test_a_chat_in_which_nobody_is_known_is_refused_with_the_names_and_a_name_settles_it() -> None:
    data = chat(message("Ann Bee", "mine"), message("Bo", "his"))
    (refused,) = read(data)
    assert "--me NAME; there are Ann Bee, Bo" in refused.reason
    assert read(data, me=("ann bee",))[0].text == "mine"


def test_a_creator_who_never_wrote_in_a_chat_is_no_reason_to_refuse_it() -> None:
    assert read(chat(message("Bo", "hello?")), ME) == [Dropped(PATH, OTHERS_PRIVATE, 1)]


@pytest.mark.parametrize(
    "damaged", ["{", "[1]", '{"profile_user": 5}', '{"profile_user": [{"string_map_data": [1]}]}', ""]
)
def test_a_damaged_profile_costs_nothing_where_the_creator_is_named(damaged: str) -> None:
    (row,) = read(chat(message("Ann Bee", "hi")), {INSTAGRAM: damaged}, me=("Ann Bee",))
    assert isinstance(row, Private)


@pytest.mark.parametrize(
    "notice",
    [
        message("Ann Bee", "Ann Bee sent an attachment.", share={"link": "https://i.example/p"}),
        message("Ann Bee", "You sent an attachment."),
        message("Ann Bee", "Reacted 😂 to your message "),
        message("Ann Bee", "Liked a message"),
        message("Ann Bee", "Hat mit ❤️ auf deine Nachricht reagiert"),
        message("Ann Bee", "Ann Bee started a video chat"),
        message("Ann Bee", "Bo missed it", call_duration=0),
        message("Ann Bee", "gone", is_unsent=True),
        message("Ann Bee", "Ann Bee joined", type="Subscribe"),
    ],
)
def test_what_the_app_says_is_not_the_creators_voice(notice: dict[str, Any]) -> None:
    (row,) = read(chat(notice, message("Ann Bee", "Really mine.")), ME)
    assert row.text == "Really mine."


def test_a_notice_in_an_unknown_language_is_told_by_coming_again_and_again() -> None:
    shared = [message("Ann Bee", "Lähetit liitteen.", share={"link": f"https://i.example/{n}"}) for n in range(3)]
    (row,) = read(chat(*shared, message("Ann Bee", "moi")), ME)
    assert row.text == "moi"


def test_an_answer_to_a_story_is_kept_and_what_the_story_said_is_not() -> None:
    (row,) = read(
        chat(message("Ann Bee", "So lovely.", share={"link": "https://i.example/s", "share_text": "hers"})), ME
    )
    assert row.text == "So lovely."


@pytest.mark.parametrize(
    "words", ["You changed my life.", "Missed you!", "Missed your call, sorry!", "Ann is late", "Called it."]
)
def test_a_persons_words_are_no_notice(words: str) -> None:
    assert not is_notice(words, "Ann")


def test_pictures_and_bare_links_are_counted() -> None:
    (dropped,) = read(chat(message("Ann Bee", photos=[{"uri": "x"}]), message("Ann Bee", "https://a.example/b")), ME)
    assert dropped == Dropped(PATH, NO_WORDS, 2)


def test_an_encrypted_chat_of_messenger_is_read_too() -> None:
    told = {"isUnsent": False, "media": [], "reactions": [], "senderName": "Ann Bee", "text": "hé", "timestamp": MS}
    data = {"participants": ["Ann Bee", "Bo"], "threadName": "Bo_9", "messages": [told, {**told, "isUnsent": True}]}
    text = json.dumps(data, ensure_ascii=False)
    assert meta_messages.FORMAT.sniff(sample_of(in_memory("x", "Bo_9.json", text.encode())))
    (row,) = read(text, me=("Ann Bee",))
    assert row == Private(row.id, "hé", AT)


def test_a_page_of_a_chat_brings_the_same_words() -> None:
    told = page(
        box("Ann Bee", "Tea &amp; cake<br>at six", more="<ul class='_a6-q'><li>❤ Bo</li></ul>"), box("Bo", "a secret")
    )
    private, dropped = read(told, ME, form="html")
    assert (private.text, private.said_at) == ("Tea & cake\nat six", AT)
    assert dropped.count == 1


def test_the_words_of_a_shared_post_in_a_page_are_not_taken_for_the_creators() -> None:
    told = page(box("Ann Bee", "", more="<div>somebody else's caption</div>"), box("Ann Bee", "mine"))
    private, dropped = read(told, ME, form="html")
    assert (private.text, dropped) == ("mine", Dropped(PATH.replace("json", "html"), NO_WORDS, 1))


def test_an_old_page_of_a_chat_is_read() -> None:
    old = (
        '<div class="pam _3-95 _2pi0 _2lej uiBoxWhite noborder"><div class="_3-96 _2pio _2lek _2lel">Ann Bee</div>'
        '<div class="_3-96 _2let"><div><div></div><div>hello there</div></div></div>'
        '<div class="_3-94 _2lem">Jan 05, 2024, 10:13 AM</div></div>'
    )
    (row,) = read(page(old), ME, form="html")
    assert (row.text, row.said_at) == ("hello there", AT)


@pytest.mark.parametrize(
    ("shown", "at"),
    [
        ("Jan 05, 2024 10:13 am", AT),
        ("Jan 5, 2024, 10:13\u202fAM", AT),
        ("January 5, 2024 at 10:13:00 AM", AT),
        ("ene. 05, 2024 10:13 am", AT),
        ("5 janv. 2024 10:13", AT),
        ("5 de janeiro de 2024 10:13", AT),
        ("Jan 05, 2024 12:13 am", AT - timedelta(hours=10)),
        ("Jan 05, 2024 12:13 pm", AT + timedelta(hours=2)),
        ("Jan 05, 2024", AT.replace(hour=0, minute=0)),
        ("2024년 1월 5일 오전 10:13", None),
        ("Feb 31, 2024 10:13 am", None),
        ("Jan 05, 2024 13:13 pm", None),
        ("Brumaire 05, 2024 10:13 am", None),
        ("", None),
    ],
)
def test_a_date_is_understood_or_is_none(shown: str, at: datetime | None) -> None:
    assert shown_date(shown) == at


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (5, "not an entry"),
        (message("Ann Bee", 5), "content must be a text"),
        ({**message("Ann Bee", "x"), "timestamp_ms": "May"}, "is not understood"),
        ({**message("Ann Bee", "x"), "sender_name": ["x"]}, "sender_name must be a text"),
    ],
)
def test_a_bad_message_costs_only_itself(bad: Any, reason: str) -> None:
    rejected, good = read(chat(bad, message("Ann Bee", "fine")), ME)
    assert (rejected.path, rejected.line) == (PATH, 1)
    assert reason in rejected.reason
    assert good.text == "fine"


def test_half_a_character_is_told_with_its_place() -> None:
    text = json.dumps(chat(message("Ann Bee", "HALF"), message("Ann Bee", "fine"))).replace("HALF", "\\ud83d")
    rejected, good = read(text, ME)
    assert (rejected.line, good.text) == (1, "fine")


@pytest.mark.parametrize("content", ["[1]", '{"messages": 5}', '{"participants": ['])
def test_a_file_that_is_no_chat_is_refused(content: str) -> None:
    with pytest.raises(Unreadable):
        read(content, ME)


def test_ids_are_the_same_in_every_export_and_differ_between_chats() -> None:
    (first,), (again,) = (read(chat(message("Ann Bee", "hi")), ME) for _ in range(2))
    assert first.id == again.id
    (other,) = read({**chat(message("Ann Bee", "hi")), "thread_path": "inbox/cy_9"}, ME)
    assert other.id != first.id


def test_an_archive_brings_its_chat_and_counts_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importers, "_FORMATS", (meta_messages.FORMAT, *importers._FORMATS))
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
        made.writestr(f"{FOLDER}/message_1.json", json.dumps(meta(chat(message("Ann Bee", "hé"), message("Bo", "x")))))
        made.writestr(INSTAGRAM, ME[INSTAGRAM])
    found = list(importers.read_paths([tmp_path / "x.zip"]))
    assert [row.text for row in found if isinstance(row, Private)] == ["hé"]
    assert sum(isinstance(row, Dropped) for row in found) == 2


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("a", '{"id": "1", "text": "x"}\n'),
        ("a", '{"participants": [], "messages": [{"text": "sender_name"}]}'),
        ("a", '{"name": "x", "type": "personal_chat", "messages": [{"from": "x"}]}'),
        ("a", "id,text\n1,x\n"),
        ("message_1.html", "<html><body><p>Hello</p></body></html>"),
        ("notes.html", page(box("Ann", "x"))),
        ("a", "# sender_name\n\ntimestamp_ms\n"),
    ],
)
def test_other_files_are_not_claimed(name: str, other: str) -> None:
    assert not meta_messages.FORMAT.sniff(sample_of(in_memory(name, name, other.encode())))


def test_a_chats_page_under_another_name_is_never_read_as_a_web_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    formats = (meta_messages.FORMAT, meta_other.FORMAT, web_page.FORMAT, *importers._FORMATS)
    monkeypatch.setattr(importers, "_FORMATS", formats)
    kept = tmp_path / "my chat.html"
    kept.write_text(page(*(box("Bo", "a secret that is long enough to be the main text of a page " * 5),) * 5))
    assert list(importers.read_paths([kept])) == [Dropped(str(kept), OTHER_PARTS)]


def test_a_page_is_known_though_its_style_sheet_is_longer_than_what_is_looked_at() -> None:
    told = page(box("Ann Bee", "hi")).replace("</head>", "<style>" + "._a6-g{color:#fff}" * 9000 + "</style></head>")
    assert meta_messages.FORMAT.sniff(sample_of(in_memory("x", "b/message_1.html", told.encode())))
    assert read(told, ME, form="html")[0].text == "hi"


def test_its_own_files_are_known() -> None:
    for name, text in (("m", json.dumps(chat(message("A", "x")), indent=2)), ("b/message_1.html", page(box("A", "x")))):
        assert meta_messages.FORMAT.sniff(sample_of(in_memory(name, name, text.encode())))


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just([5]), st.just({"a": 1})
)
KEYS = ("participants", "name", "messages", "sender_name", "timestamp_ms", "content", "share", "thread_path", "type")
WHOLE = chat(message("Ann Bee", "hi", share={"link": "x"}, type="Generic"), message("Bo", "x"))


@given(key=st.sampled_from(KEYS), value=JUNK, cut=st.integers(0, 60), drop=st.booleans())
def test_no_field_of_another_type_breaks_the_reading(key: str, value: Any, cut: int, *, drop: bool) -> None:
    def spoilt(node: Any) -> Any:
        if isinstance(node, dict):
            kept = {one: held for one, held in node.items() if not (drop and one == key)}
            return {one: value if one == key else spoilt(held) for one, held in kept.items()}
        return [spoilt(one) for one in node] if isinstance(node, list) else node

    text = json.dumps(spoilt(WHOLE))
    try:
        found = read(text[: len(text) - (cut if cut % 3 == 0 else 0)], ME)
    except Unreadable:
        return
    assert all(isinstance(row, (Private, Rejected, Dropped)) for row in found)


@given(at=st.integers(0, 700), junk=st.text(max_size=9), cut=st.integers(0, 200))
def test_no_page_breaks_the_reading(at: int, junk: str, cut: int) -> None:
    told = page(box("Ann Bee", "hi"), box("Bo", "x"))
    try:
        found = read((told[:at] + junk + told[at:])[: len(told) - cut], ME, form="html")
    except (Unreadable, BadRow):
        return
    assert all(isinstance(row, (Private, Rejected, Dropped)) for row in found)

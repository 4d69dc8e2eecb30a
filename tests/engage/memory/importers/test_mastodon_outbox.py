"""A Mastodon archive: what the creator said, to whom, and what others said."""

import json
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory.importers import json_lines
from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Source, sample_of
from engage.memory.importers.mastodon_outbox import FORMAT
from engage.memory.importers.rows import OTHERS, Dropped, Private, Rejected, Said
from engage.models import Surface

ME = "https://social.example/users/tilly"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
FOLLOWERS = f"{ME}/followers"


def note(number: int, content: str, *, to: Any = PUBLIC, cc: Any = (FOLLOWERS,), **more: Any) -> dict[str, Any]:
    """A status as the archive has it."""
    made = {
        "id": f"{ME}/statuses/{number}",
        "type": "Note",
        "summary": None,
        "inReplyTo": None,
        "published": "2026-03-01T10:00:00Z",
        "url": f"https://social.example/@tilly/{number}",
        "attributedTo": ME,
        "to": [to] if isinstance(to, str) else to,
        "cc": [*cc],
        "content": content,
        "attachment": [],
        **more,
    }
    return {"id": f"{ME}/statuses/{number}/activity", "type": "Create", "actor": ME, "object": made}


def boost(of: str) -> dict[str, Any]:
    return {"id": f"{ME}/statuses/9/activity", "type": "Announce", "actor": ME, "to": [PUBLIC], "object": of}


def outbox(*items: Any) -> bytes:
    collection = {"@context": "https://www.w3.org/ns/activitystreams", "id": "outbox.json", "type": "OrderedCollection"}
    return json.dumps({**collection, "totalItems": len(items), "orderedItems": items}).encode()


def source(content: bytes, actor: Any = ME) -> Source:
    file = in_memory("a.zip/outbox.json", "outbox.json", content)
    beside = in_memory("a.zip/actor.json", "actor.json", json.dumps({"id": actor, "type": "Person"}).encode())
    return Source(file, Export([file, beside] if actor else [file]))


def rows(*items: Any, actor: Any = ME) -> list[Any]:
    return list(FORMAT.read(source(outbox(*items), actor)))


def test_a_post_keeps_its_paragraphs_its_lines_and_whole_links() -> None:
    link = (
        '<a href="https://www.shop.example/stands/truing?size=xl"><span class="invisible">https://www.</span>'
        '<span class="ellipsis">shop.example/stands/tr</span><span class="invisible">uing?size=xl</span></a>'
    )
    (said,) = rows(note(1, f"<p>True &amp; tight:<br />spoke by spoke.</p><p>The stand: {link}</p>"))
    assert said == Said(
        f"mastodon:{ME}/statuses/1",
        "True & tight:\nspoke by spoke.\n\nThe stand: https://www.shop.example/stands/truing?size=xl",
        datetime(2026, 3, 1, 10, tzinfo=UTC),
        None,
        "https://social.example/@tilly/1",
    )


def test_a_reply_to_somebody_is_a_comment_without_the_names_in_front_and_a_thread_of_ones_own_is_posts() -> None:
    card = '<span class="h-card"><a href="https://far.example/@ann" class="u-url mention">@<span>ann</span></a></span>'
    answer = note(
        2, f"<p>{card} Grease it first, as @bob says.</p>", inReplyTo="https://far.example/users/ann/statuses/5"
    )
    thread = note(3, "<p>Second part.</p>", inReplyTo=f"{ME}/statuses/1")
    front = note(4, f"<p>{card} made this bell.</p>")
    texts = [(row.text, row.surface) for row in rows(answer, thread, front)]
    assert texts == [
        ("Grease it first, as @bob says.", Surface.COMMENT),
        ("Second part.", None),
        ("@ann made this bell.", None),
    ]


@pytest.mark.parametrize("actor", [ME, ""])
def test_without_actor_json_the_statuses_tell_whose_thread_it_is(actor: str) -> None:
    other = "https://social.example/users/tilly2/statuses/1"
    own, far = rows(note(3, "a", inReplyTo=f"{ME}/statuses/1"), note(4, "b", inReplyTo=other), actor=actor)
    assert (own.surface, far.surface) == (None, Surface.COMMENT)


def test_what_was_not_public_teaches_the_voice_only() -> None:
    direct = note(1, "<p>@ann see you at noon</p>", to="https://far.example/users/ann", cc=())
    followers = note(2, "<p>Only for you.</p>", to=FOLLOWERS, cc=())
    unlisted = note(3, "<p>Quietly.</p>", to=FOLLOWERS, cc=("as:Public",))
    first, second, third = rows(direct, followers, unlisted)
    assert (first, second.text) == (
        Private(f"mastodon:{ME}/statuses/1", "see you at noon", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        "Only for you.",
    )
    assert isinstance(second, Private)
    assert isinstance(third, Said)


def test_boosts_are_counted_as_other_peoples_words_and_ones_own_are_not() -> None:
    found = rows(
        boost("https://far.example/users/ann/statuses/5"), boost(f"{ME}/statuses/1"), boost("https://b.example/1")
    )
    assert found == [Dropped("a.zip/outbox.json", OTHERS, 2)]


def test_a_poll_keeps_its_choices_a_warning_is_the_title_and_a_picture_alone_is_no_words() -> None:
    poll = note(1, "<p>Which chain?</p>", type="Question", oneOf=[{"name": "Waxed <hot>"}, {"name": "Oiled"}])
    folded = note(2, "<p>It broke.</p>", summary="Race result")
    first, second = rows(poll, folded, note(3, "<p></p>", attachment=[{"type": "Document"}]))
    assert first.text == "Which chain?\n\nWaxed <hot>\nOiled"
    assert (second.title, second.text) == ("Race result", "It broke.")


def test_a_bad_status_costs_only_itself_and_is_named() -> None:
    bad = [
        note(1, 5),
        note(2, "x", published="soon"),
        note(3, "x", id=None),
        "x",
        note(4, "x", attributedTo="https://b.example/u"),
    ]  # type: ignore[arg-type]
    *rejected, good = rows(*bad, note(6, "Good."))
    assert [(row.line, row.path) for row in rejected] == [(n, "a.zip/outbox.json") for n in range(1, 6)]
    assert "content must be a text" in rejected[0].reason
    assert good.text == "Good."


def test_a_file_that_breaks_off_keeps_what_came_before() -> None:
    content = outbox(note(1, "One."), note(2, "Two."))
    reading = FORMAT.read(source(content[:-60]))
    assert [row.text for row in islice(reading, 1)] == ["One."]
    with pytest.raises(Unreadable, match="export it again"):
        next(reading)


def test_only_an_outbox_is_claimed() -> None:
    def claims(content: bytes) -> bool:
        return FORMAT.sniff(sample_of(in_memory("x", "outbox.json", content)))

    likes = b'{"@context":"https://www.w3.org/ns/activitystreams","id":"likes.json","type":"OrderedCollection","orderedItems":["https://a.example/1"]}'
    assert claims(outbox(note(1, "x")))
    assert claims(outbox())
    assert not claims(likes)
    assert not claims(b'{"id": "1", "text": "I love ActivityStreams"}\n')
    assert not claims(b"id,text\n1,hello\n")
    assert not claims(b"<!doctype html><html><body>x</body></html>")
    assert not claims(json.dumps({"@context": "https://www.w3.org/ns/activitystreams", "type": "Person"}).encode())
    assert json_lines.FORMAT.sniff(sample_of(in_memory("x", "outbox.json", outbox())))  # so it has to come after


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2), st.just({})
)


@given(
    key=st.sampled_from(sorted(note(1, "x")["object"])),
    outer=st.sampled_from(["type", "actor", "object", "to"]),
    value=JUNK,
    cut=st.integers(0, 40),
)
def test_no_field_of_another_type_breaks_the_reading(key: str, outer: str, value: Any, cut: int) -> None:
    first, second = note(1, "x"), note(2, "y")
    first["object"][key] = value
    second[outer] = value
    content = outbox(first, second, value)
    try:
        found = list(FORMAT.read(source(content[: len(content) - cut], value)))
    except Unreadable:
        return
    assert all(isinstance(row, (Said, Private, Rejected, Dropped)) for row in found)

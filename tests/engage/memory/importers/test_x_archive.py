"""An X archive: posts, long posts, threads and messages, and what is not the creator's."""

import json
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory import importers
from engage.memory.importers import comma_separated, json_lines
from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Me, Source, sample_of
from engage.memory.importers.rows import (
    DELETED,
    NO_WORDS,
    OTHER_PARTS,
    OTHERS,
    OTHERS_PRIVATE,
    Dropped,
    Private,
    Rejected,
    Said,
)
from engage.memory.importers.x_archive import FORMAT
from engage.memory.importers.x_notes import notes_of
from engage.memory.importers.x_posts import UNLISTED
from engage.models import Surface

ME, ANN = "700", "800"
LONG = (
    "Truing a wheel takes patience and a quiet room. Start with the side to side wobble, then the hop, then the dish. "
    "Turn each nipple a quarter at the most, look again, and write down what you did before you touch the next spoke. "
    "After an hour the wheel tells you itself when it is done & you may stop."
)
Files = dict[str, bytes]


def js(part: str, *entries: Any, number: int = 0) -> bytes:
    """A file as the archive has it."""
    return f"window.YTD.{part}.part{number} = {json.dumps(entries, indent=2, ensure_ascii=False)}".encode()


def tweet(number: int, text: str, *, at: str = "Wed Oct 10 20:19:24 +0000 2018", **more: Any) -> dict[str, Any]:
    return {"tweet": {"id_str": str(number), "id": str(number), "created_at": at, "full_text": text, **more}}


def reply(number: int, text: str, *, to: str = ANN, name: str = "ann") -> dict[str, Any]:
    answered = {"in_reply_to_status_id_str": "5", "in_reply_to_user_id_str": to, "in_reply_to_screen_name": name}
    return tweet(number, text, **answered)


def note(number: int, text: str, *, at: str = "2018-10-10T20:19:24.000Z", urls: Any = ()) -> dict[str, Any]:
    core = {"text": text, "mentions": [], "urls": [*urls]}
    return {"noteTweet": {"noteTweetId": str(number), "createdAt": at, "updatedAt": at, "core": core}}


def message(number: int, sender: str, text: Any, **more: Any) -> dict[str, Any]:
    made = {"id": str(number), "senderId": sender, "text": text, "createdAt": "2022-01-27T16:00:00.120Z"}
    return {"messageCreate": {"reactions": [], "urls": [], "mediaUrls": [], **made, **more}}


def talk(conversation: str, *events: Any) -> dict[str, Any]:
    return {"dmConversation": {"conversationId": conversation, "messages": [*events]}}


ACCOUNT = {"account.js": js("account", {"account": {"accountId": ME, "username": "Tilly"}})}


def rows(name: str, content: bytes, beside: Files | None = None, me: Me | None = None) -> list[Any]:
    """What is read of a file with others beside it; account.js is, unless others are given."""
    others = ACCOUNT if beside is None else beside
    made = {one: in_memory(f"a.zip/data/{one}", f"data/{one}", held) for one, held in {**others, name: content}.items()}
    return list(FORMAT.read(Source(made[name], Export([*made.values()]), me or Me())))


def words(found: list[Any]) -> list[str]:
    return [row.text for row in found if isinstance(row, (Said, Private))]


def test_a_post_has_its_links_whole_its_pictures_gone_and_its_signs_as_written() -> None:
    made = tweet(
        11,
        "Stands &amp; spokes &lt;3 https://t.co/aaaaaaaaaa and https://t.co/cccccccccc https://t.co/bbbbbbbbbb",
        entities={
            "urls": [{"url": "https://t.co/aaaaaaaaaa", "expanded_url": "https://shop.example/?a=1&copy=2"}],
            "media": [{"url": "https://t.co/bbbbbbbbbb", "expanded_url": "https://x.com/Tilly/status/11/photo/1"}],
        },
    )
    (said,) = rows("tweets.js", js("tweets", made))
    assert said == Said(
        "x:11",
        "Stands & spokes <3 https://shop.example/?a=1&copy=2 and https://t.co/cccccccccc",
        datetime(2018, 10, 10, 20, 19, 24, tzinfo=UTC),
        None,
        "https://x.com/Tilly/status/11",
    )


def test_an_answer_to_somebody_is_a_comment_and_a_thread_of_ones_own_is_posts_both_without_the_names_in_front() -> None:
    found = rows(
        "tweets.js",
        js(
            "tweets",
            reply(1, "@ann @bo_b you are right, @carl says so too"),
            reply(2, "@Tilly and so it went on", to=ME, name="Tilly"),
            tweet(3, "@ann is the best welder I know"),
            reply(4, "@ann"),
        ),
    )
    assert [(row.text, row.surface) for row in found] == [
        ("you are right, @carl says so too", Surface.COMMENT),
        ("and so it went on", None),
        ("@ann is the best welder I know", None),
    ]


def test_a_thread_is_known_by_the_name_given_where_no_account_file_is_there() -> None:
    posts = js("tweets", reply(2, "@Tilly and on", to=ME, name="Tilly"))
    assert rows("tweets.js", posts, {}, Me.of("@tilly"))[0].surface is None
    assert rows("tweets.js", posts, {})[0].surface is Surface.COMMENT


def test_what_others_said_is_counted_and_what_the_creator_put_before_it_is_kept() -> None:
    found = rows("tweets.js", js("tweets", tweet(1, "RT @ann: so true"), tweet(2, "Exactly this! RT @ann: so true")))
    assert words(found) == ["Exactly this!"]
    assert found[-1] == Dropped("a.zip/data/tweets.js", OTHERS, 2)


def test_old_archives_and_later_parts_are_read_too() -> None:
    old = js("tweet", {"id": 9, "text": "No wrapper here", "created_at": "2013-05-01 10:00:00 +0000"})
    (said,) = rows("tweet.js", old)
    assert (said.id, said.said_at) == ("x:9", datetime(2013, 5, 1, 10, tzinfo=UTC))
    assert words(rows("tweets-part1.js", js("tweets", tweet(1, "Later"), number=1))) == ["Later"]
    assert words(rows("community-tweet.js", js("community_tweet", tweet(1, "Among us")))) == ["Among us"]


def test_what_was_posted_to_chosen_people_is_private() -> None:
    (row,) = rows("twitter-circle-tweet.js", js("twitter_circle_tweet", tweet(1, "Only for you")))
    assert isinstance(row, Private)


def test_a_long_post_is_made_whole_and_comes_once() -> None:
    short = f"{LONG[:250].replace('&', '&amp;')}… https://t.co/dddddddddd"
    link = {"url": "https://t.co/dddddddddd", "expanded_url": "https://twitter.com/i/web/status/21"}
    posts = js("tweets", tweet(21, short, entities={"urls": [link]}), tweet(22, LONG[:30]))
    notes = js("note_tweet", note(900, LONG))
    found = rows("tweets.js", posts, {**ACCOUNT, "note-tweet.js": notes})
    assert (found[0].id, found[0].text) == ("x:21", LONG)
    assert rows("note-tweet.js", notes, {**ACCOUNT, "tweets.js": posts}) == []


def test_a_long_answer_is_made_whole_though_names_stand_in_front_and_its_links_are_written_out() -> None:
    url = {"shortUrl": "https://t.co/eeeeeeeeee", "expandedUrl": "https://a.example/x"}
    made = reply(21, f"@ann @bob {LONG[:240]}… https://t.co/dddddddddd")
    notes = js("note_tweet", note(900, f"@ann {LONG} https://t.co/eeeeeeeeee", urls=[url]))
    (said,) = rows("tweets.js", js("tweets", made), {**ACCOUNT, "note-tweet.js": notes})
    assert (said.text, said.surface) == (f"{LONG} https://a.example/x", Surface.COMMENT)


@pytest.mark.parametrize("at", ["2018-10-10T22:30:00.000Z", "2018-10-09T20:19:24.000Z"])
def test_a_long_post_of_another_time_is_no_part_of_a_post_that_begins_like_it(at: str) -> None:
    posts = js("tweets", tweet(21, LONG[:249]))
    assert words(rows("tweets.js", posts, {"note-tweet.js": js("note_tweet", note(900, LONG, at=at))})) == [LONG[:249]]


def test_a_short_post_within_the_hour_that_a_long_one_begins_with_stays_itself() -> None:
    notes = js("note_tweet", note(900, LONG, at="2018-10-10T20:40:00.000Z"))
    assert words(rows("tweets.js", js("tweets", tweet(21, LONG[:40])), {"note-tweet.js": notes})) == [LONG[:40].strip()]


def test_a_post_that_only_begins_like_a_long_one_of_that_hour_stays_itself() -> None:
    other = f"{LONG[:100]} Or so I thought, until the rim cracked."
    posts = js("tweets", tweet(21, other))
    assert words(rows("tweets.js", posts, {"note-tweet.js": js("note_tweet", note(900, LONG))})) == [other]


def test_a_long_post_whose_whole_is_not_there_does_not_end_in_a_link_to_itself() -> None:
    link = {"url": "https://t.co/dddddddddd", "expanded_url": "https://twitter.com/i/web/status/21"}
    made = tweet(21, f"{LONG[:100]}… https://t.co/dddddddddd", entities={"urls": [link]})
    assert words(rows("tweets.js", js("tweets", made))) == [f"{LONG[:100]}…"]


def test_of_two_versions_of_a_long_post_the_one_of_that_time_is_taken() -> None:
    later = note(901, f"{LONG} Edited.", at="2018-10-10T20:50:00.000Z")
    notes = js("note_tweet", later, note(900, LONG))
    posts = js("tweets", tweet(21, LONG[:250]))
    assert words(rows("tweets.js", posts, {"note-tweet.js": notes})) == [LONG]
    assert rows("note-tweet.js", notes, {"tweets.js": posts}) == []


def test_a_long_post_that_no_list_has_is_left_out_and_without_lists_it_is_read() -> None:
    notes = js("note_tweet", note(900, LONG))
    alone = rows("note-tweet.js", notes)
    assert [(row.id, row.text) for row in alone] == [("x:note:900", LONG)]
    listed = rows("note-tweet.js", notes, {"tweets.js": js("tweets", tweet(1, "Something else"))})
    assert listed == [Dropped("a.zip/data/note-tweet.js", UNLISTED, 1)]


def test_deleted_posts_are_left_out_and_other_files_of_the_archive_are_counted() -> None:
    gone = rows("deleted-tweets.js", js("deleted_tweets", tweet(1, "Oops"), tweet(2, "Oops again")))
    assert gone == [Dropped("a.zip/data/deleted-tweets.js", DELETED, 2)]
    liked = js("like", {"like": {"tweetId": "5", "fullText": "words of another"}})
    assert rows("like.js", liked) == [Dropped("a.zip/data/like.js", OTHER_PARTS)]
    assert rows("manifest.js", b'window.__THAR_CONFIG = {"userInfo": {}}')[0].reason == OTHER_PARTS


def test_an_archive_brings_its_words_and_counts_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importers, "_FORMATS", (FORMAT, *importers._FORMATS))
    held = {
        **ACCOUNT,
        "tweets.js": js("tweets", tweet(1, f"{LONG[:250]}…")),
        "note-tweet.js": js("note_tweet", note(900, LONG)),
        "direct-messages.js": js("direct_messages", talk("700-800", message(2, ME, "hi"), message(3, ANN, "ho"))),
        "like.js": js("like", {"like": {"tweetId": "5", "fullText": "words of another"}}),
        "tweets_media/1-a.jpg": b"\xff\xd8\0\0",
        "README.txt": b"What is in this archive",
    }
    with zipfile.ZipFile(tmp_path / "twitter.zip", "w") as made:
        for name, content in held.items():
            made.writestr(f"data/{name}", content)
    found = list(importers.read_paths([tmp_path / "twitter.zip"]))
    assert sorted(row.id for row in found if isinstance(row, (Said, Private))) == ["x:1", "x:2"]
    dropped = Counter(row.reason for row in found if isinstance(row, Dropped))
    assert dropped == {OTHERS_PRIVATE: 1, OTHER_PARTS: 3, NO_WORDS: 1}
    assert len(found) == 2 + dropped.total()


def test_only_the_creators_side_of_messages_comes_in_and_it_is_private() -> None:
    made = js(
        "direct_messages",
        talk(
            f"{ME}-{ANN}",
            message(31, ME, "see &amp; hear https://t.co/pppppppppp", urls=[
                {"url": "https://t.co/pppppppppp", "expanded": "https://twitter.com/messages/media/31"},
            ]),
            message(32, ANN, "a secret"),
            message(33, ANN, "another"),
            {"reactionCreate": {"senderId": ME}},
        ),
    )  # fmt: skip
    private, dropped = rows("direct-messages.js", made)
    assert private == Private("x:31", "see & hear", datetime(2022, 1, 27, 16, 0, 0, 120000, tzinfo=UTC))
    assert dropped == Dropped("a.zip/data/direct-messages.js", OTHERS_PRIVATE, 2)


def test_group_messages_are_private_and_joining_is_no_message() -> None:
    joined = {"participantsJoin": {"userIds": [ME], "createdAt": "2024-03-06T09:00:00.000Z"}}
    made = js("direct_messages_group", talk("1612", message(1, ME, "hello all"), joined, message(2, ANN, "hi")))
    private, dropped = rows("direct-messages-group.js", made)
    assert isinstance(private, Private)
    assert dropped.count == 1


def test_without_an_account_file_the_creator_is_who_is_in_every_conversation() -> None:
    two = js("direct_messages", talk(f"{ANN}-{ME}", message(1, ME, "one")), talk(f"{ME}-900", message(2, "900", "two")))
    assert words(rows("direct-messages.js", two, {})) == ["one"]
    group = js("direct_messages_group", talk("16", message(3, ME, "three")))
    assert words(rows("direct-messages-group.js", group, {"direct-messages.js": two})) == ["three"]


def test_where_either_may_be_the_creator_messages_are_refused_with_both_and_an_id_given_settles_it() -> None:
    one = js("direct_messages", talk(f"{ANN}-{ME}", message(1, ME, "mine"), message(2, ANN, "not mine")))
    with pytest.raises(Unreadable, match=rf"{ME}, {ANN}") as refused:
        rows("direct-messages.js", one, {})
    assert "--me" in refused.value.rejected.reason
    assert words(rows("direct-messages.js", one, {}, Me.of(ME))) == ["mine"]


def test_a_message_without_an_id_has_the_same_one_every_time() -> None:
    made = js("direct_messages", talk("700-800", message(0, ME, "hi", id=None), message(0, ME, "ho", id=None)))
    first, second = (row.id for row in rows("direct-messages.js", made))
    assert first != second
    assert [row.id for row in rows("direct-messages.js", made)] == [first, second]
    assert len(first) == len("x:") + 20


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"tweet": {"full_text": "no id"}}, "without its id"),
        ({"tweet": {"id_str": "1" * 200, "full_text": "an id no ledger holds"}}, "without its id"),
        ({"tweet": {"id_str": "1", "full_text": 5}}, "full_text must be a text"),
        (tweet(1, "x", at="the 3rd of May"), "is not understood"),
        (None, "without its id"),
    ],
)
def test_a_bad_post_costs_only_itself(entry: Any, reason: str) -> None:
    bad, good = rows("tweets.js", js("tweets", entry, tweet(2, "fine")))
    assert isinstance(bad, Rejected)
    assert bad.line == 1
    assert reason in bad.reason
    assert good.text == "fine"


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"dmConversation": {"conversationId": "700-800"}}, "not a conversation"),
        (talk("700-800", message(1, ME, None)), "text must be a text"),
    ],
)
def test_a_bad_message_costs_only_itself(entry: Any, reason: str) -> None:
    bad, good = rows("direct-messages.js", js("direct_messages", entry, talk("700-800", message(2, ME, "fine"))))
    assert reason in bad.reason
    assert good.text == "fine"


def test_a_bad_long_post_is_told_where_it_stands_and_posts_do_not_mind() -> None:
    notes = js("note_tweet", {"noteTweet": {"noteTweetId": "1"}}, note(900, LONG))
    assert [type(row) for row in rows("note-tweet.js", notes)] == [Rejected, Said]
    assert words(rows("tweets.js", js("tweets", tweet(21, LONG[:250])), {"note-tweet.js": notes})) == [LONG]


def test_a_file_that_breaks_off_gives_what_came_before_and_beside_it_others_are_read() -> None:
    whole = js("tweets", tweet(1, "first"), tweet(2, "second"))
    file = in_memory("t", "tweets.js", whole[:-40])
    reading = FORMAT.read(Source(file, Export([file])))
    assert words([next(reading)]) == ["first"]
    with pytest.raises(Unreadable, match="export it again"):
        next(reading)
    assert words(rows("tweets.js", whole, {"note-tweet.js": js("note_tweet", note(1, LONG))[:-9]})) == [
        "first",
        "second",
    ]
    assert words(rows("tweets.js", whole, {"account.js": js("account", {"account": {}})[:-20]})) == ["first", "second"]


def test_it_knows_its_own_files_and_no_others() -> None:
    own = [js("tweets", tweet(1, "x")), js("like"), b"\xef\xbb\xbf" + js("account"), b"window.__THAR_CONFIG = {}"]
    others = [b'{"id": "1", "text": "x"}\n', b"id,text\n1,x\n", b"# window.YTD\n\nprose\n", b"<html><script>window.YTD"]
    assert all(FORMAT.sniff(sample_of(in_memory("a", "a", one))) for one in own)
    assert not any(FORMAT.sniff(sample_of(in_memory("a", "tweets.js", one))) for one in others)
    assert not any(
        general.sniff(sample_of(in_memory("a", "a", one)))
        for one in own
        for general in (json_lines.FORMAT, comma_separated.FORMAT)
    )


def test_no_list_of_long_posts_is_an_empty_one() -> None:
    file = in_memory("t", "data/tweets.js", js("tweets"))
    assert notes_of(Source(file, Export([file]))).of("x", datetime.now(UTC)) == []


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just([]), st.just({"a": 1})
)
KEYS = [
    "id_str",
    "full_text",
    "created_at",
    "entities",
    "in_reply_to_user_id_str",
    "in_reply_to_screen_name",
    "senderId",
]
INNER = ["id", "text", "createdAt", "urls", "core", "noteTweetId", "conversationId", "messages"]


@given(key=st.sampled_from(KEYS + INNER), value=JUNK, cut=st.integers(0, 60), drop=st.booleans())
def test_no_field_of_another_type_breaks_the_reading(key: str, value: Any, cut: int, *, drop: bool) -> None:
    def spoilt(node: Any) -> Any:
        if isinstance(node, dict):
            kept = {one: spoilt(held) for one, held in node.items() if not (drop and one == key)}
            return {one: value if one == key else held for one, held in kept.items()}
        return [spoilt(one) for one in node] if isinstance(node, list) else node

    made = {
        "tweets.js": js(
            "tweets", spoilt(reply(1, "@ann x")), value, spoilt(tweet(2, LONG[:250], entities={"urls": [{}]}))
        ),
        "note-tweet.js": js("note_tweet", spoilt(note(900, LONG)), value),
        "direct-messages.js": js("direct_messages", spoilt(talk("700-800", message(1, ME, "hi"), value)), value),
        "account.js": js("account", {"account": spoilt({"accountId": ME, "username": value})}),
    }
    for name, content in made.items():
        try:
            found = rows(name, content[: len(content) - cut], {one: made[one] for one in made if one != name})
        except Unreadable:
            continue
        assert all(isinstance(row, (Said, Private, Rejected, Dropped)) for row in found)

"""What is written: keys, facets, the refs of a reply."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.bluesky import cursors, records
from connectors.bluesky.cursors import Cursor, Sweep
from engage.errors import Malformed
from tests.connectors.bluesky import kit

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
times = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


class TestKeys:
    @given(times, st.sampled_from(["key-1", "ключ", "x" * 500]))
    def test_a_key_has_the_form_of_a_tid_and_names_its_second(self, at: datetime, salt: str) -> None:
        key = records.tid(at, salt)
        assert re.fullmatch(r"[234567a-j][234567a-z]{12}", key)
        assert -0.002 < records.tid_time(key) - at.timestamp() < 1.0

    @given(times)
    def test_a_key_without_a_salt_names_its_millisecond(self, at: datetime) -> None:
        assert abs(records.tid_time(records.tid(at)) - at.timestamp()) < 0.002

    @given(times, times)
    def test_keys_sort_as_their_times_do(self, one: datetime, other: datetime) -> None:
        if one < other:
            assert records.tid(one) <= records.tid(other)

    def test_every_attempt_of_a_reply_has_the_same_key(self) -> None:
        assert records.key_of(kit.reply()) == records.key_of(kit.reply())
        assert records.post(kit.reply(), kit.PARENT) == records.post(kit.reply(), kit.PARENT)

    def test_replies_that_are_claimed_at_once_have_different_keys(self) -> None:
        """They share their moment, and a key that another one has cannot be written."""
        assert len({records.tid(AT, f"key-{n}") for n in range(5_000)}) == 5_000

    def test_a_retry_has_the_key_of_the_first_attempt_however_its_time_is_written(self) -> None:
        """The ledger gives the time back in UTC; a day in another zone is the same moment."""
        elsewhere = kit.FIRST.astimezone(timezone(timedelta(hours=5, minutes=30)))
        for text in ("Six weeks.", "Other words."):
            again = replace(kit.reply(text), first_sent_at=elsewhere)
            assert records.key_of(again) == records.key_of(kit.reply())
            assert records.post(again, kit.PARENT)["createdAt"] == "2026-11-22T08:00:05.250Z"

    def test_the_zero_of_the_documented_example(self) -> None:
        assert records.tid(datetime(1970, 1, 1, tzinfo=UTC)) == "2222222222222"

    @pytest.mark.parametrize("key", ["", "self", "zzzzzzzzzzzzz", "222222222222", "222222222222A"])
    def test_what_is_no_key_has_no_time(self, key: str) -> None:
        assert records.tid_time(key) == 0


class TestFacets:
    def shown(self, text: str, **named: str) -> list[tuple[str, str]]:
        """What each facet covers, and what it stands for."""
        found = []
        for facet in records.facets(text, **named):
            index, feature = facet["index"], facet["features"][0]
            covered = text.encode()[index["byteStart"] : index["byteEnd"]].decode()
            found.append((covered, feature.get("uri") or feature["did"]))
        return found

    def test_a_link_after_letters_of_several_bytes(self) -> None:
        assert self.shown("Größe 42 👟 → https://shop.example/schuhe.") == [
            ("https://shop.example/schuhe", "https://shop.example/schuhe")
        ]

    def test_punctuation_and_brackets_around_a_link_are_not_its_own(self) -> None:
        assert [link for link, _ in self.shown("(see https://a.example/b) or https://c.example/d_(e)!")] == [
            "https://a.example/b",
            "https://c.example/d_(e)",
        ]

    def test_whoever_is_answered_is_mentioned_and_nobody_else(self) -> None:
        text = "@Ann.example.com ask @bob.example.com, mail x@ann.example.com"
        assert self.shown(text, handle="ann.example.com", did=kit.ANN) == [("@Ann.example.com", kit.ANN)]

    @pytest.mark.parametrize(
        ("text", "link"),
        [
            (
                "\u0627\u0646\u0638\u0631 https://shop.example/\u062d\u0630\u0627\u0621\u061f",
                "https://shop.example/\u062d\u0630\u0627\u0621",
            ),
            ("\u05e8\u05d0\u05d5 \u2067https://shop.example/a\u2069 \u05db\u05df", "https://shop.example/a"),
            ("https://shop.example/a\u200f.", "https://shop.example/a"),
            ("(https://shop.example/a\u060c)", "https://shop.example/a"),
            ("\u0926\u0947\u0916\u0947\u0902 https://shop.example/a\u0964", "https://shop.example/a"),
            ("\u770bhttps://shop.example/\u978b\u3002\u8c22\u8c22", "https://shop.example/\u978b"),
            ("\u00abhttps://shop.example/a\u00bb", "https://shop.example/a"),
            ("\u201chttps://shop.example/a\u201d", "https://shop.example/a"),
            ("**https://shop.example/a**", "https://shop.example/a"),
            ("[https://shop.example/a?b=[c]]", "https://shop.example/a?b=[c]"),
            (
                "e\u0301\u0327 \U0001f468\u200d\U0001f469\u200d\U0001f467 https://shop.example/e\u0301?!)",
                "https://shop.example/e\u0301",
            ),
            (
                "https://fa.example/\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
                "https://fa.example/\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            ),
            ("https://shop.example/a/", "https://shop.example/a/"),
        ],
        ids=[
            "Arabic question mark",
            "isolates around it",
            "right-to-left mark",
            "Arabic comma",
            "danda",
            "no blanks in Chinese",
            "guillemets",
            "curly quotes",
            "emphasis",
            "brackets of its own",
            "combining characters and a family before it",
            "a joiner inside a word",
            "a path",
        ],
    )
    def test_a_link_ends_where_it_does_in_every_script(self, text: str, link: str) -> None:
        assert self.shown(text) == [(link, link)]

    @pytest.mark.parametrize("text", ["https://", "https://...", "https:///a", "http://\ufeffa", "https://\u2026"])
    def test_what_the_server_takes_for_no_link_is_none(self, text: str) -> None:
        """It would refuse the whole post."""
        assert self.shown(text) == []

    def test_a_handle_inside_a_link_is_no_mention(self) -> None:
        link = "https://x.example/?u=@ann.example.com"
        assert self.shown(link, handle="ann.example.com", did=kit.ANN) == [(link, link)]

    def test_a_mention_among_letters_from_right_to_left(self) -> None:
        text = "\u05e9\u05dc\u05d5\u05dd \u2066@ann.example.com\u2069, \u05ea\u05d5\u05d3\u05d4"
        assert self.shown(text, handle="ann.example.com", did=kit.ANN) == [("@ann.example.com", kit.ANN)]

    @given(
        st.text(
            st.sampled_from("a \u05d0\u0301\u200d\u200f\ufeff\u2067\u2069\U0001f469\U0001f3fd./)]\u061f\u3002@"),
            max_size=12,
        ),
        st.data(),
    )
    def test_what_a_facet_covers_is_a_whole_part_of_the_text_that_is_sent(
        self, around: str, data: st.DataObject
    ) -> None:
        cut = data.draw(st.integers(0, len(around)))
        text = around[:cut] + "https://" + around[cut:] + "https://a.example/b @ann.example.com"
        sent, end = text.encode(), 0
        found = records.facets(text, "ann.example.com", kit.ANN)
        for facet in sorted(found, key=lambda one: int(one["index"]["byteStart"])):
            start, last = facet["index"]["byteStart"], end
            end = facet["index"]["byteEnd"]
            assert last <= start < end <= len(sent), "facets do not overlap"
            covered, feature = sent[start:end].decode(), facet["features"][0]
            if "uri" in feature:
                assert covered == feature["uri"]
                # As the server asks of an address; JavaScript's blanks have the byte order mark among them.
                assert re.fullmatch(r"https?://[^\s/\ufeff][^\s\ufeff]*", covered)

    def test_plain_words_have_none(self) -> None:
        assert "facets" not in records.post(kit.reply(), kit.PARENT)


class TestReplies:
    @pytest.mark.parametrize(
        ("text", "langs"),
        [
            ("I knead it for ten minutes and let it rest.", ["en"]),
            ("Das habe ich mit Mehl gemacht, 200 g reichen.", ["de"]),
            ("谢谢你喜欢", ["zh"]),
        ],
    )
    def test_it_names_its_language_for_those_who_read_only_some(self, text: str, langs: list[str]) -> None:
        assert records.post(kit.reply(text=text), kit.PARENT)["langs"] == langs

    def test_it_names_no_language_that_is_in_doubt(self) -> None:
        assert "langs" not in records.post(kit.reply(text="Mavic Air 2 🙂"), kit.PARENT)

    def test_a_reply_keeps_the_root_of_its_thread(self) -> None:
        refs = records.post(kit.reply(), kit.PARENT)["reply"]
        assert refs == {
            "root": {"uri": kit.ROOT, "cid": "bafyreiroot"},
            "parent": {"uri": kit.ASKED, "cid": "bafyreiasked"},
        }

    def test_a_reply_to_a_first_post_has_it_as_root(self) -> None:
        alone = {**kit.PARENT, "record": {"text": "hi"}}
        refs = records.post(kit.reply(), alone)["reply"]
        assert refs["root"] == refs["parent"] == {"uri": kit.ASKED, "cid": "bafyreiasked"}

    def test_it_is_dated_from_the_first_attempt(self) -> None:
        assert records.post(kit.reply(), kit.PARENT)["createdAt"] == "2026-11-22T08:00:05.250Z"

    @pytest.mark.parametrize("uri", ["", "3kmsg", "at://did:plc:a", "at://did:plc:a//x", "https://a.example/b/c"])
    def test_what_is_no_address_of_a_record(self, uri: str) -> None:
        with pytest.raises(Malformed):
            records.parts(uri)


class TestSweeps:
    def test_what_comes_in_behind_the_newest_is_still_new(self) -> None:
        new, sweep = cursors.take(Sweep(), [("b", 1000.0), ("a", 990.0)], "", 1001.0)
        assert (new, sweep.mark) == ({"a", "b"}, 1000.0)
        new, sweep = cursors.take(sweep, [("c", 1001.0), ("b", 1000.0), ("late", 995.0), ("a", 990.0)], "", 1002.0)
        assert (new, sweep.mark) == ({"c", "late"}, 1001.0)

    def test_a_long_way_back_goes_on_where_it_stopped(self) -> None:
        _, sweep = cursors.take(Sweep(), [("a", 10_000.0)], "", 10_000.0)
        rows = [(str(n), 30_000.0 - n * 1_000) for n in range(25)]
        seen: list[str] = []
        for start in range(0, 25, 5):
            page = rows[start : start + 5]
            new, sweep = cursors.take(cursors.load(cursors.dump(Cursor(sweep))).heard, page, f"next-{start}", 30_001.0)
            seen += sorted(new, key=int)
        assert seen == [str(n) for n in range(21)], "back to the mark, less the overlap"
        assert (sweep.mark, sweep.older) == (30_000.0, "")
        assert len(sweep.seen) == 1, "only what the next sweep looks at again"

    def test_a_time_ahead_of_ours_does_not_move_the_mark_there(self) -> None:
        _, sweep = cursors.take(Sweep(900.0), [("wrong", 90_000.0)], "", 1_000.0)
        assert sweep.mark == 1_000.0
        assert cursors.take(sweep, [("wrong", 90_000.0)], "", 1_001.0)[0] == set()

    def test_an_empty_list_is_read_whole(self) -> None:
        assert cursors.take(Sweep(), [], "", 1_000.0)[1].mark == 1_000.0

    def test_a_page_without_rows_is_not_the_end(self) -> None:
        _, sweep = cursors.take(Sweep(900.0), [], "next", 1_000.0)
        assert (sweep.mark, sweep.older) == (900.0, "next")

    @pytest.mark.parametrize("text", ["", "x", "{}", "[]", '{"heard": 5, "own": [], "chat": ""}', "5"])
    def test_an_unreadable_cursor_begins_anew(self, text: str) -> None:
        assert cursors.load(text) == Cursor()

    def test_a_cursor_comes_back_as_it_was(self) -> None:
        kept = Cursor(Sweep(1.5, "next", {"a": 1.25}), Sweep(2.0), "rev")
        assert cursors.load(cursors.dump(kept)) == kept

    def test_the_overlap_outlasts_a_slow_clock(self) -> None:
        assert timedelta(seconds=cursors.OVERLAP) >= timedelta(minutes=10)

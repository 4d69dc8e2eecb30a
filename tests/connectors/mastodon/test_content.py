"""The HTML of statuses, and the names of servers that people enter."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.mastodon.calls import quiet_until
from connectors.mastodon.content import speaks_to, text_of, without_mention
from connectors.mastodon.limits import longest_reply, warning_within
from connectors.mastodon.marks import Mark, newest
from connectors.mastodon.servers import base_url, is_public, server_name, streaming_url
from engage.errors import ConfigError, Refused

URL = "https://social.example/@me"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<p>one<br>two<br />three</p>", "one\ntwo\nthree"),
        ("<p>a &lt;b&gt; &amp; c&#39;s</p>", "a <b> & c's"),
        ("<p>one\ntwo</p>", "one two"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("<blockquote><p>said</p></blockquote><p>so?</p>", "said\n\nso?"),
        ('<p class="quote-inline">RE: <a href="x">x</a></p><p>so?</p>', "so?"),
        ("<p>so<script>if (1 < 2) { alert() }</script>?</p>", "so?"),
        ('<a href="https://a.example/b"><span class="invisible">https://</span>a.example/b</a>', "https://a.example/b"),
        (f'<p><a href="{URL}" class="u-url mention">@<span>me</span></a> hi</p>', "@me hi"),
        ("plain, never closed <p>but <b>read", "plain, never closed\n\nbut read"),
        ('<p><a href="x" title="a > b">one</a><!-- two --></p>', "one"),
        ("1 < 2 and <3 <![foo[x]]> <a href='", "1 < 2 and <3 <![foo[x]]> <a href='"),
        ("", ""),
    ],
)
def test_a_follower_reads_the_same(html: str, text: str) -> None:
    assert text_of(html, {URL: "me"}) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("@me hi", "hi"),
        ("@ME@social.example, hi", "hi"),
        ("@me: hi", "hi"),
        ("@me", ""),
        ("@me\n\nhi", "hi"),
        ("@me @me hi", "@me hi"),
        ("@meadow hi", "@meadow hi"),
        ("@me_2 hi", "@me_2 hi"),
        ("hi @me", "hi @me"),
        ("@me's lens", "'s lens"),
    ],
)
def test_only_the_first_mention_is_taken_off(text: str, left: str) -> None:
    assert without_mention(text, "me@social.example") == left


@pytest.mark.parametrize(
    ("text", "spoken_to"),
    [
        ("@me what lens?", True),
        ("@ME@social.example, @ann what lens?", True),
        ("@ann @me what lens?", False),
        ("@ann@remote.example, @bob @me: so do I", False),
        ("@ann let us ask @me: what lens?", True),
        ("@ann ask @meadow", False),
        ("so do I", False),
        ("@ann\n\n@me", False),
    ],
)
def test_who_is_only_named_along_is_not_spoken_to(text: str, spoken_to: bool) -> None:
    assert speaks_to(text, "me") is spoken_to


@pytest.mark.timeout(10)
@pytest.mark.parametrize("text", ["@a" * 20_000, "@a " * 20_000, "@a.-" * 20_000, "@a@b" * 20_000 + "!"])
def test_many_names_are_read_in_no_time(text: str) -> None:
    assert not speaks_to(text, "me")


@pytest.mark.timeout(10)
@pytest.mark.parametrize("piece", ["<!--", "<a b='", "<a b='>", "<![", "</", "&"])
def test_what_is_no_html_is_read_in_no_time(piece: str) -> None:
    """The parser of the standard library alone would need minutes."""
    assert text_of(piece * 30_000, {})


def test_a_deep_tree_is_read_as_well() -> None:
    assert text_of("<div>" * 5000 + "here" + "</div>" * 5000, {}) == "here"


class TestServer:
    @pytest.mark.parametrize(
        ("entered", "host"),
        [
            ("mastodon.social", "mastodon.social"),
            (" https://Mastodon.Social/ ", "mastodon.social"),
            ("https://mastodon.social/@ada", "mastodon.social"),
            ("@ada@mastodon.social", "mastodon.social"),
            ("ada@mastodon.social", "mastodon.social"),
            ("mastodon.social.", "mastodon.social"),
            ("bücher.example", "xn--bcher-kva.example"),
        ],
    )
    def test_is_understood(self, entered: str, host: str) -> None:
        assert server_name(entered) == host

    @pytest.mark.parametrize(
        "entered",
        [
            "", "localhost", "intranet", "127.0.0.1", "https://127.0.0.1:8000", "https://[::1]/", "[::1]", "10.0.0.8",
            "0x7f.0.0.1", "127.1", "2130706433", "169.254.169.254", "redis.internal", "nas.local", "a.localhost",
            "mastodon.social:8443", "https://user@127.0.0.1", "a b.example", "-a.example", "a..example",
            "mastodon.social/x",
            "https://mastodon.social:443/", "x" * 300 + ".example", "ex\u2044ample.org/..", "a%2e.example", "https://[::1",
        ],
    )  # fmt: skip
    def test_only_public_names_are_called(self, entered: str) -> None:
        with pytest.raises(Refused):
            server_name(entered)

    def test_the_account_says_where(self) -> None:
        assert base_url({"server": "social.example"}, {}, "here") == "https://social.example"
        assert (
            base_url({"server": "social.example"}, {"base_url": "http://127.0.0.1:1/"}, "here") == "http://127.0.0.1:1"
        )
        for wrong in ({}, {"server": 5}, {"server": "localhost"}):
            with pytest.raises(ConfigError):
                base_url(wrong, {}, "here")

    @pytest.mark.parametrize(
        ("said", "base", "called"),
        [
            ("wss://streaming.social.example", "https://social.example", "https://streaming.social.example"),
            ("https://streaming.social.example/x", "https://social.example", "https://streaming.social.example"),
            ("ws://127.0.0.1:4000", "http://127.0.0.1:3000", "http://127.0.0.1:4000"),
            ("ws://streaming.social.example", "https://social.example", "https://social.example"),
            ("wss://127.0.0.1", "https://social.example", "https://social.example"),
            ("wss://redis.internal", "https://social.example", "https://social.example"),
            ("", "https://social.example", "https://social.example"),
            ("wss://[", "https://social.example", "https://social.example"),
            ("wss://streaming.example:99999", "https://social.example", "https://social.example"),
            (None, "https://social.example", "https://social.example"),
        ],
    )
    def test_a_stream_is_opened_only_at_a_public_name(self, said: object, base: str, called: str) -> None:
        assert streaming_url(said, base) == called

    def test_a_name_is_public_only_with_a_domain_that_is_no_number(self) -> None:
        assert is_public("xn--bcher-kva.xn--p1ai")
        assert not is_public("social.example5")


def test_longer_ids_are_newer() -> None:
    assert newest("9", "10", "099") == "099"
    assert newest("998", "1001", "999") == "1001"
    assert newest("", "0") == "0"


def test_a_cursor_that_is_not_ours_is_a_fresh_start() -> None:
    mark = Mark("12", "34", "2026-11-22T08:00:00+00:00")
    assert Mark.of(mark.cursor) == mark
    assert Mark.of("") == Mark.of("nonsense") == Mark.of("5") == Mark.of("[]") == Mark()


def test_room_is_left_for_the_mention_and_a_link() -> None:
    assert longest_reply({}) == 500 - 32 - 12
    assert longest_reply({"max_characters": 5000, "characters_reserved_per_url": 23}) == 5000 - 44
    assert longest_reply({"max_characters": "much"}) == 456


def test_a_long_warning_is_cut_rather_than_the_reply_refused() -> None:
    assert warning_within("spoilers", 400, {}) == "spoilers"
    assert warning_within("x" * 200, 400, {}) == "x" * 99 + "…"


@pytest.mark.parametrize(
    ("left", "minutes"),
    [(299, None), (151, None), (150, 150 / 130), (100, 150 / 80), (22, 75), (21, 150), (20, 150), (0, 150)],
)
def test_what_is_left_of_three_hours_is_spread_and_some_is_the_creators(left: int, minutes: float | None) -> None:
    now = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
    said = {"x-ratelimit-limit": "300", "x-ratelimit-remaining": str(left)}
    quiet = quiet_until({**said, "x-ratelimit-reset": "2026-11-26T12:00:00.000000Z"}, now)
    assert quiet == (None if minutes is None else now + timedelta(minutes=minutes))


@pytest.mark.parametrize("missing", ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"])
def test_a_server_that_tells_no_limit_is_not_waited_for(missing: str) -> None:
    said = {"x-ratelimit-limit": "300", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-11-26T12:00:00Z"}
    assert quiet_until({**said, missing: "?"}, datetime(2026, 11, 26, 9, 30, tzinfo=UTC)) is None

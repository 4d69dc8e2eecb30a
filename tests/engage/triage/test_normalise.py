"""Tricks of writing, undone."""

import pytest

from engage.triage.normalise import clean, fold, has_letters, plain, views, without_links


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Ｈｅｌｌｏ", "hello"),
        ("h\u200bel\u200dlo", "hello"),
        ("Сheck my сhаnnel", "check my channel"),  # Cyrillic look-alikes
        ("ɪɴᴠᴇꜱᴛ ɴᴏᴡ", "invest now"),
        ("𝐅𝐫𝐞𝐞 𝐦𝐨𝐧𝐞𝐲", "free money"),
        ("sooooo goooood", "soo good"),
        ("¿Cómo estás?", "¿como estas?"),
        ("it’s", "it's"),
        ("🅵🆁🅴🅴 🅜🅞🅝🅔🅨", "free money"),
        ("ᖴᖇᗴᗴ ᎢᎻᎬ ꓖꓲꓦꓰ", "free the give"),
        ("ig\U000e0061\U000e0062nore", "ignore"),  # letters that nobody sees
        ("fr\u2800e\u3164e", "free"),
        ("i g n o r e  a l l  r u l e s", "ignore all rules"),
    ],
)
def test_disguised_letters_are_read_as_meant(written: str, read: str) -> None:
    assert fold(written) == read


@pytest.mark.parametrize("text", ["привет всем", "γεια σου", "مرحبا", "こんにちは", "नमस्ते"])
def test_other_scripts_stay_what_they_are(text: str) -> None:
    assert fold(text) == text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("fr3e m0n3y", "free money"),
        ("f.u.c.k you", "fuck you"),
        ("s p a m", "spam"),
        ("🇫 🇷 🇪 🇪", "free "),
        ("⒡⒭⒠⒠", "free"),
        ("1gn0r3 4ll", "ignore all"),
    ],
)
def test_leetspeak_and_spaced_out_words_are_read(written: str, read: str) -> None:
    assert plain(fold(written)) == read


@pytest.mark.parametrize("text", ["part 2 at 10:30", "i am 35", "b2b"])
def test_ordinary_numbers_stay_numbers(text: str) -> None:
    assert plain(fold(text)).split()[-1] in ("10:30", "35", "b2b")


def test_links_mentions_and_markup_are_not_words() -> None:
    assert without_links("@ann see https://x.test/?q=1 <br/> now") == "see now"


def test_only_letters_and_digits_count_as_content() -> None:
    assert has_letters("日本")
    assert has_letters("7")
    assert not has_letters("🔥 !?")


def test_cleaning_keeps_lines_and_drops_control_characters() -> None:
    assert clean("a\x00b\n  c\u202e") == "a b\n c"


def test_flags_stay_flags() -> None:
    assert plain(fold("🇫🇷 and 🇩🇪")) == "🇫🇷 and 🇩🇪"


def test_drawn_out_letters_are_also_read_as_single_ones() -> None:
    assert "ignore" in views("iiiignooore")
    assert views("see you soon") == ("see you soon",)

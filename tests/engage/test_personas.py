"""What a creator may set of how the avatar speaks, and what is refused."""

from dataclasses import replace

import pytest

from engage.characters import BIO, DENIES, RULE, RULES, SECRET
from engage.models import Freedom, Persona
from engage.personas import LINKS, NAME, TOPIC, NotKept, Typed, persona_of, typed

MAYA = Persona(
    "1",
    "maya",
    "Maya Lindqvist",
    bio="I build tables. I live by the sea.",
    language="sv",
    allowed_links=("maya.example", "https://shop.example/maya"),
    avoid_topics=("politics",),
    style_rules=("no exclamation marks", "short sentences"),
    freedom=Freedom.STRICT,
    voice_border=0.123456789,
    strict_voice=True,
)
PLAIN = Persona("1", "maya", "Maya")
KEY = "sk-" + "a1B2" * 8


def test_what_is_shown_and_saved_without_a_change_stays_as_it_was() -> None:
    assert persona_of(MAYA, typed(MAYA)) == MAYA
    assert persona_of(PLAIN, typed(PLAIN)) == PLAIN


def test_id_and_handle_are_never_changed() -> None:
    changed = persona_of(PLAIN, typed(MAYA))
    assert (changed.id, changed.name, changed.display_name) == ("1", "maya", "Maya Lindqvist")
    assert changed == MAYA


def test_lines_are_tidied_and_kept_once() -> None:
    wanted = replace(typed(PLAIN), style_rules="  Be   brief \n\nbe brief\r\nno emoji\x00", bio=" Hello.\ud800 ")
    kept = persona_of(PLAIN, wanted)
    assert kept.style_rules == ("be brief", "no emoji")
    assert kept.bio == "Hello."


@pytest.mark.parametrize(
    ("entered", "border"),
    [("", None), (" auto ", None), ("0", 0.0), ("1", 1.0), ("0.45", 0.45), ("0,45", 0.45)],
)
def test_a_border_is_automatic_or_a_share(entered: str, border: float | None) -> None:
    assert persona_of(PLAIN, replace(typed(PLAIN), border=entered)).voice_border == border


@pytest.mark.parametrize("entered", ["1.01", "-0.1", "nan", "inf", "half", "45 %"])
def test_a_border_outside_is_refused(entered: str) -> None:
    with pytest.raises(NotKept, match="no number from 0 to 1"):
        persona_of(PLAIN, replace(typed(PLAIN), border=entered))


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Typed("Maya", "en", bio="I film. I am not a bot."), "Bio: “I am not a bot.”: " + DENIES),
        (Typed("Maya", "en", bio="No soy un bot."), DENIES),
        (Typed("Maya", "en", style_rules="be brief\nNever say that you are an AI"), "Style rule: “Never say that"),
        (Typed("Maya", "en", avoid_topics="never admit you are a bot"), "Topic: "),
        (Typed("I am a real person", "en"), "Display name: "),
        (Typed("Maya", "en", bio=f"My key is {KEY}."), f"Bio: {SECRET}."),
        (Typed("Maya", "en", style_rules=f"use {KEY}"), f"Style rule: {SECRET}."),
        (Typed(" ", "en"), "Display name: it is empty"),
        (Typed("M" * (NAME + 1), "en"), "Display name: at most"),
        (Typed("Maya", "english!"), "is no code such as"),
        (Typed("Maya", ""), "is no code such as"),
        (Typed("Maya", "en", bio="a" * (BIO + 1)), "Bio: at most"),
        (Typed("Maya", "en", style_rules="\n".join(map(str, range(RULES + 1)))), "Style rules: at most"),
        (Typed("Maya", "en", style_rules="a" * (RULE + 1)), "at most 300 characters"),
        (Typed("Maya", "en", avoid_topics="a" * (TOPIC + 1)), "at most 100 characters"),
        (Typed("Maya", "en", allowed_links="\n".join(f"a{n}.example" for n in range(LINKS + 1))), "Links: at most"),
        (Typed("Maya", "en", freedom="wild"), "is none of strict, adaptive, creative"),
    ],
)
def test_what_must_not_be_kept_is_refused_with_a_reason(wanted: Typed, said: str) -> None:
    with pytest.raises(NotKept) as refused:
        persona_of(PLAIN, wanted)
    assert said in str(refused.value)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "my shop", "shop", "user@evil.example", "ftp://a.example", "https://", "a..b/x"]
)
def test_a_link_that_is_no_web_address_is_refused(link: str) -> None:
    with pytest.raises(NotKept, match="it is no web address"):
        persona_of(PLAIN, replace(typed(PLAIN), allowed_links=link))


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(NotKept) as refused:
        persona_of(PLAIN, Typed("", "", bio="I am human.", border="7"))
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == [
        "Display name",
        "Language",
        "Bio",
        "Border",
    ]

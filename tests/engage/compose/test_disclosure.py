"""Every reply tells that it is automated, in time, in words followers understand, within the platform's length."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engage.compose.disclosure import apply, decide, denies, fixed_private, fixed_reply, room_for, texts, unmarked
from engage.compose.lengths import measure
from engage.facts import FactKind
from engage.models import Author, Capabilities, Disclosure, Follower, LengthUnit, Message, Persona, Surface, Turn
from engage.triage.verdict import FixedText, Policy

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TILLY = Persona("c1", "tilly", "Tilly Hart")
POLICY = Policy()
LANGUAGES = sorted(texts())


def turn(surface: Surface = Surface.DM, **fields: object) -> Turn:
    message = Message("m1", "v1", surface, Author("f1", "ana"), "hi", NOW)
    return replace(Turn("t1", "c1", surface, (message,), Follower("f1", "ana")), **fields)  # type: ignore[arg-type]


def told(ago: timedelta, surface: Surface = Surface.DM, **fields: object) -> Turn:
    return turn(surface, last_avatar_at=NOW - ago, **fields)


NATIVE = Capabilities(True, native_bot_label=True)
MINUTE, DAY = timedelta(minutes=1), timedelta(hours=24)


@pytest.mark.parametrize("surface", Surface)
@pytest.mark.parametrize(
    ("due", "expected"),
    [
        ({}, Disclosure.TEXT),
        ({"last_avatar_at": NOW - MINUTE}, Disclosure.EARLIER),
        ({"last_avatar_at": NOW - DAY + MINUTE}, Disclosure.EARLIER),
        ({"last_avatar_at": NOW - DAY}, Disclosure.TEXT),
        ({"last_avatar_at": NOW - MINUTE, "handed_back": True}, Disclosure.TEXT),
    ],
    ids=["first contact", "a minute later", "just within a day", "after a day", "after a person"],
)
def test_words_tell_at_first_after_silence_and_after_a_person(
    surface: Surface, due: dict[str, object], expected: Disclosure
) -> None:
    assert decide(turn(surface, **due), TILLY, POLICY, NOW) is expected


@pytest.mark.parametrize("surface", [Surface.COMMENT, Surface.LIVE])
def test_in_public_the_platforms_own_label_is_enough(surface: Surface) -> None:
    assert decide(turn(surface, capabilities=NATIVE), TILLY, POLICY, NOW) is Disclosure.NATIVE
    assert decide(told(MINUTE, surface, capabilities=NATIVE), TILLY, POLICY, NOW) is Disclosure.NATIVE


def test_in_private_a_label_does_not_replace_the_first_words() -> None:
    assert decide(turn(capabilities=NATIVE), TILLY, POLICY, NOW) is Disclosure.TEXT
    assert decide(told(MINUTE, capabilities=NATIVE), TILLY, POLICY, NOW) is Disclosure.NATIVE


def test_the_silence_is_the_policys() -> None:
    assert decide(told(timedelta(hours=2)), TILLY, Policy(disclose_after=timedelta(hours=1)), NOW) is Disclosure.TEXT


def test_a_private_reply_begins_with_its_marker() -> None:
    said = apply("It costs €35.", Disclosure.TEXT, turn(), TILLY, "en")
    assert said == "🤖 Automated reply from Tilly Hart's AI avatar:\nIt costs €35."


@pytest.mark.parametrize("surface", [Surface.COMMENT, Surface.LIVE])
def test_a_public_reply_ends_with_its_marker(surface: Surface) -> None:
    assert apply("It costs €35.", Disclosure.TEXT, turn(surface), TILLY, "en") == "It costs €35. 🤖 automated reply"


@pytest.mark.parametrize("disclosure", [Disclosure.NATIVE, Disclosure.EARLIER, Disclosure.PERSON])
def test_only_disclosure_by_text_changes_the_text(disclosure: Disclosure) -> None:
    assert apply("It costs €35.", disclosure, turn(), TILLY, "en") == "It costs €35."
    assert room_for(disclosure, turn(), TILLY, "en") == 500


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("surface", Surface)
@pytest.mark.parametrize("limit", [20, 60, 140, 500])
def test_the_marker_is_counted_and_taken_off_again(language: str, surface: Surface, limit: int) -> None:
    place = turn(surface, capabilities=Capabilities(True, max_length=limit))
    room = room_for(Disclosure.TEXT, place, TILLY, language)
    said = apply("x" * room, Disclosure.TEXT, place, TILLY, language)
    assert len(said) == limit
    assert unmarked(said, TILLY) == "x" * room


def test_an_unknown_language_falls_back_to_the_creators_and_then_to_english() -> None:
    place = turn(Surface.COMMENT)
    french = replace(TILLY, language="fr")
    assert apply("x", Disclosure.TEXT, place, french, "is") == "x 🤖 réponse automatisée"
    assert apply("x", Disclosure.TEXT, place, replace(TILLY, language="is"), "") == "x 🤖 automated reply"
    assert apply("x", Disclosure.TEXT, place, TILLY, "pt-BR") == "x 🤖 resposta automática"


def test_there_are_texts_in_many_languages() -> None:
    assert {"en", "fr", "es", "de", "pt", "it", "nl", "pl", "tr", "ru", "ja", "zh", "ko", "ar", "hi"} <= set(LANGUAGES)
    lines = {f"said_{kind}" for kind in FactKind}
    kinds = {"marker", "tag", "short", "crisis_short", "young_marker", *lines, *FixedText}
    assert all(set(words) == kinds for words in texts().values())


AUTOMATED = {
    "en": "automated", "es": "automátic", "fr": "automatisé", "de": "automatisch", "pt": "automátic", "it": "automatic",
    "nl": "automatisch", "pl": "automatyczn", "tr": "otomatik", "ru": "автоматическ", "uk": "автоматичн", "ar": "آلي",
    "hi": "स्वचालित", "id": "otomatis", "vi": "tự động", "th": "อัตโนมัติ", "zh": "自动", "ja": "自動", "ko": "자동",
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", FixedText)
@pytest.mark.parametrize("limit", [200, 500, 2000])
def test_a_fixed_reply_says_it_is_automated_at_any_length(language: str, kind: FixedText, limit: int) -> None:
    place = turn(capabilities=Capabilities(True, max_length=limit, unit=LengthUnit.GRAPHEMES))
    reply = fixed_reply(kind, place, TILLY, language)
    assert AUTOMATED[language] in reply.text.casefold()
    assert measure(reply.text, LengthUnit.GRAPHEMES) <= limit
    assert not reply.text.endswith("…")
    assert reply.disclosure is Disclosure.TEXT
    assert "{" not in reply.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_private_reply_to_a_comment_is_whole_whatever_a_comment_may_hold(language: str) -> None:
    long = replace(TILLY, display_name="ธิลลี่ ฮาร์ต และเพื่อน ๆ แห่งโรงเวิร์กช็อป")
    place = turn(Surface.COMMENT, capabilities=Capabilities(True, max_length=90, native_bot_label=True))
    reply = fixed_private(FixedText.SERVICE_PRIVATE, place, long, language)
    assert reply.text == texts()[language]["service_private"].format(name=long.display_name)
    assert measure(reply.text, LengthUnit.BYTES) <= 1000
    assert reply.disclosure is Disclosure.TEXT


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("limit", [200, 500])
def test_a_cry_for_help_is_shown_where_help_is(language: str, limit: int) -> None:
    reply = fixed_reply(FixedText.CRISIS, turn(capabilities=Capabilities(True, max_length=limit)), TILLY, language)
    assert "findahelpline.com" in reply.text


@pytest.mark.parametrize("unit", LengthUnit)
def test_a_fixed_reply_fits_the_tightest_platform(unit: LengthUnit) -> None:
    for language in LANGUAGES:
        for kind in FixedText:
            place = turn(Surface.LIVE, capabilities=Capabilities(True, max_length=90, unit=unit))
            assert 0 < measure(fixed_reply(kind, place, TILLY, language).text, unit) <= 90


def test_asked_whether_it_is_a_bot_it_names_whose() -> None:
    assert "Tilly Hart" in fixed_reply(FixedText.BOT, turn(), TILLY, "en").text
    assert "Tilly Hart" in fixed_reply(FixedText.BOT, turn(), TILLY, "fr").text


@pytest.mark.parametrize(
    "sentence",
    [
        "I'm the real Tilly", "This is not a bot.", "I'm Tilly Hart!", "I am a real person.", "Je suis la vraie Tilly",
        "Je ne suis pas un robot", "No soy un bot", "Soy la verdadera Tilly", "Ich bin kein Bot", "Das ist kein Bot",
        "Não sou um robô", "Non sono un bot", "Ik ben geen robot", "Nie jestem botem", "Ben bot değilim", "Я не бот",
        "Jestem człowiekiem",
        "我不是机器人", "私は本人です", "저는 봇이 아니에요", "أنا لست بوت", "मैं बॉट नहीं हूँ",
    ],
)  # fmt: skip
def test_a_denial_is_seen_in_any_language(sentence: str) -> None:
    assert denies(sentence, TILLY)


@pytest.mark.parametrize("sentence", ["I'm Tilly Hart's avatar.", "I'm an automated account.", "I'm not human.", "Hi!"])
def test_the_truth_is_no_denial(sentence: str) -> None:
    assert not denies(sentence, TILLY)


def test_no_fixed_text_denies() -> None:
    for language in LANGUAGES:
        for kind in FixedText:
            assert not denies(fixed_reply(kind, turn(), TILLY, language).text, TILLY)


def test_a_persona_without_a_display_name_is_no_denial_of_everything() -> None:
    assert not denies("I'm glad.", replace(TILLY, display_name=""))

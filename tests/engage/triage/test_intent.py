"""Questions without their mark, in the languages followers write."""

import pytest

from engage.triage import Intent
from engage.triage.intent import intent_of
from engage.triage.normalise import fold, without_links

QUESTIONS = [
    ("en", "what camera do u use"),
    ("en", "anyone know the name of this song"),
    ("en", "hey ann, do you ever freeze the dough"),
    ("en", "i was wondering if you ship to canada"),
    ("en", "sorry, is it open on sundays"),
    ("en", "where did you get that jacket"),
    ("en", "so how do i start"),
    ("es", "donde compraste esa camara"),
    ("es", "cuanto cuesta el curso"),
    ("fr", "c'est quoi ton micro"),
    ("fr", "tu peux faire une version sans gluten"),
    ("de", "welche kamera benutzt du"),
    ("de", "weiß jemand wie das lied heißt"),
    ("pt", "quanto custa o curso"),
    ("pt", "alguém sabe o nome da música"),
    ("it", "dove hai comprato quella giacca"),
    ("it", "quanto dura la ricetta"),
    ("tr", "bunu nasıl yaptın"),
    ("ru", "сколько стоит курс"),
    ("zh", "这个多少钱"),
    ("zh", "你用的什么相机呢"),
    ("ja", "どこで買えますか"),
    ("ja", "そのカメラは何を使ってる"),
    ("ko", "어디서 살 수 있나요"),
    ("ar", "كم سعر الدورة"),
    ("hi", "यह कैसे करें"),
    ("id", "beli di mana kak"),
    ("vi", "mua ở đâu vậy bạn"),
    ("th", "ซื้อได้ที่ไหน"),
]
STATEMENTS = [
    ("en", "when i was a kid we had one of these"),
    ("en", "come on guys"),
    ("en", "what a day"),
    ("en", "he has no idea"),
    ("es", "que lindo dia hace hoy"),
    ("fr", "il fait froid ici aujourd'hui"),
    ("de", "heute regnet es den ganzen tag"),
    ("zh", "今天下雨了"),
    ("ja", "今日は雨が降っています"),
]


def intent(text: str, language: str) -> Intent:
    return intent_of(fold(without_links(text)), (language, "en"))


@pytest.mark.parametrize(("language", "text"), QUESTIONS)
def test_a_question_needs_no_question_mark(language: str, text: str) -> None:
    assert intent(text, language) is Intent.QUESTION


@pytest.mark.parametrize(("language", "text"), STATEMENTS)
def test_a_statement_is_no_question(language: str, text: str) -> None:
    assert intent(text, language) not in (Intent.QUESTION, Intent.REQUEST)


def test_a_question_mark_in_a_link_or_alone_asks_nothing() -> None:
    assert intent("look https://example.com/watch?v=1", "en") is Intent.CHATTER
    assert intent("what?!", "en") is Intent.QUESTION
    assert intent("???", "en") is Intent.CHATTER


@pytest.mark.parametrize("text", ["price", "link please", "please do a tutorial on bread", "part 2 please"])
def test_a_wish_counts_as_asking(text: str) -> None:
    assert intent(text, "en") is Intent.REQUEST


@pytest.mark.parametrize("text", ["the price went up again", "this link is dead", "nice song"])
def test_a_noun_inside_a_sentence_is_no_wish(text: str) -> None:
    assert intent(text, "en") is not Intent.REQUEST


def test_praise_with_a_question_in_it_is_a_question() -> None:
    assert intent("love this! what mic is that", "en") is Intent.QUESTION

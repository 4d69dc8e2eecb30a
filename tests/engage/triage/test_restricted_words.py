"""A topic's words alone turn nobody away: what creators are asked every day is answered, in many languages."""

import pytest

from engage.models import Persona
from engage.triage.language import identify
from engage.triage.scores import by_rules, score_labels
from workers import build

NOBODY = Persona("c", "c", "C")
EVERYDAY = [
    "do you ship to Norway?",
    "which lens did you use for the harbour shot?",
    "how long does the glaze need to dry?",
    "is the cardigan pattern in the new book?",
    "what tempo is the second verse?",
    "can I swap butter for oil in the muffins?",
    "when is the next stream?",
    "¿qué pincel usas para las hojas?",
    "¿haces envíos a Colombia?",
    "qual tinta você usou no armário?",
    "quando sai o próximo episódio?",
    "tu utilises quelle laine pour ce pull ?",
    "à quelle heure commence le live ?",
    "welche Nadelstärke nimmst du für den Schal?",
    "wann kommt die nächste Folge?",
    "quanto deve cuocere la crostata?",
    "dove hai comprato quella lampada?",
    "какой нитью ты вязала шарф?",
    "когда выйдет следующая серия?",
    "这个蛋糕要烤多久",
    "下一期视频什么时候更新",
    "この曲のコード教えてください",
    "次の配信はいつですか",
    "다음 영상 언제 올라와요?",
]
ASKED = [
    ("en", "my cat swallowed a hair tie, do I need the vet tonight?"),
    ("es", "¿puedo mezclar ibuprofeno con mi pastilla de la tensión?"),
    ("pt", "meu senhorio pode ficar com a caução?"),
    ("fr", "je mets mes économies sur un livret ou en bourse ?"),
    ("de", "darf mein Vermieter einfach die Kaution behalten?"),
    ("it", "mi consigli un mutuo a tasso fisso o variabile?"),
    ("ru", "можно ли пить антибиотики с алкоголем?"),
    ("zh", "房东不退押金我该怎么办"),
    ("ja", "投票はどの政党に入れるべきだと思いますか"),
]
LONG = "the doctor in my novel votes for the mayor, and the bank sues the landlord over a loan. " * 4


def flagged(text: str) -> bool:
    language = identify(text).language
    return score_labels(text, NOBODY, language, build.meaning, ("restricted",))["restricted"] >= 0.5


@pytest.mark.parametrize("text", EVERYDAY)
def test_everyday_questions_are_answered(text: str) -> None:
    assert not flagged(text)


@pytest.mark.parametrize(("language", "text"), ASKED)
def test_advice_is_left_to_a_person_in_many_languages(language: str, text: str) -> None:
    assert identify(text).language == language
    assert flagged(text)


@pytest.mark.parametrize("word", ["mortgage", "landlord and insulin", "vote", "hipoteca", "Vermieter", "房东"])
def test_words_of_a_topic_alone_settle_nothing(word: str) -> None:
    assert 0 < by_rules(word, NOBODY, ("restricted",))["restricted"] < 0.5


def test_words_of_a_topic_count_in_short_messages_only() -> None:
    assert by_rules(LONG, NOBODY, ("restricted",))["restricted"] == 0

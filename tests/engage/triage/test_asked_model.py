"""The question inside a message about something else, in fifteen languages, in words the model was not fitted on."""

import pytest

from engage.triage.asked import NEVER, has_pattern, odds
from engage.triage.linear import load
from engage.triage.normalise import clean, fold, without_links
from engage.triage.wishes import asks_if_bot

ASKED = [
    "Your lasagne turned out great. Quick thing though: is a person typing these or some software?",
    "Danke für den Tipp! Sag mal, sitzt da ein Mensch an der Tastatur oder läuft das von allein?",
    "¡Qué rico quedó! ¿Y esto lo contesta alguien o lo manda una máquina?",
    "Super recette. Dis, y a un humain qui lit ou c'est une machine qui répond ?",
    "Bellissimo! Ma scusa, a rispondere è una persona o un programma?",
    "Amei o bolo! Mas me diz, tem gente digitando ou é um programa?",
    "Lekker recept! Maar zit er een mens achter of is dit software?",
    "Świetny przepis! Ale powiedz, pisze człowiek czy program?",
    "Рецепт супер! Скажи, тут человек печатает или программа?",
    "Tarif harika! Peki bunları insan mı yazıyor program mı?",
    "菜谱很棒！不过请问是真人在打字还是程序？",
    "レシピ最高！ところで、打ってるのは人ですか、プログラムですか？",
    "레시피 최고예요! 근데 사람이 쓰는 거예요 프로그램이 쓰는 거예요?",
    "الوصفة رائعة! بس قل لي، إنسان يكتب ولا برنامج؟",
    "रेसिपी कमाल की है! वैसे कोई इंसान टाइप कर रहा है या प्रोग्राम?",
]
LOOKALIKES = [
    "Is the robot in your garden a mower?",
    "Ist der Roboter in deinem Garten ein Mäher?",
    "¿El robot de tu jardín corta el césped?",
    "Le robot dans ton jardin, c'est une tondeuse ?",
    "Il robot nel tuo giardino taglia l'erba?",
    "O robô no seu jardim corta grama?",
    "Is de robot in je tuin een grasmaaier?",
    "Czy robot w twoim ogrodzie kosi trawę?",
    "Робот у тебя в саду косит траву?",
    "Bahçendeki robot çim biçiyor mu?",
    "你院子里的机器人是割草的吗？",
    "庭のロボットは芝刈り機ですか？",
    "정원에 있는 로봇 잔디깎이예요?",
    "هل الروبوت في حديقتك يقص العشب؟",
    "क्या आपके बगीचे का रोबोट घास काटता है?",
]


def read(text: str) -> str:
    return fold(without_links(clean(text)))


@pytest.mark.parametrize("text", ASKED)
def test_the_question_is_heard_beside_another_matter(text: str) -> None:
    assert asks_if_bot(read(text))


@pytest.mark.parametrize("text", LOOKALIKES)
def test_a_robot_in_the_garden_is_not_asked_about_us(text: str) -> None:
    assert not asks_if_bot(read(text))


@pytest.mark.parametrize("text", [text for text in ASKED if not has_pattern(read(text))])
def test_the_model_hears_what_no_pattern_says(text: str) -> None:
    assert load("asked") is not None
    assert asks_if_bot(read(text))


def test_some_are_heard_by_the_model_alone() -> None:
    assert sum(not has_pattern(read(text)) for text in ASKED) >= 3


def test_chat_about_nothing_of_the_kind_costs_no_weighing() -> None:
    model = load("asked")
    assert model is not None
    assert odds(read("the crust was perfect and my kids loved it")) == model.bias + NEVER

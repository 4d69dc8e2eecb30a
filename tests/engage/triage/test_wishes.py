"""Wishes that must be understood in the follower's own language."""

from collections.abc import Callable

import pytest

from engage.models import Surface
from engage.triage import Decision, FixedText, Verdict

Judge = Callable[..., Verdict]

BOT = {
    "en": "hey, are you a bot?",
    "es": "¿Eres un bot?",
    "pt": "você é um robô?",
    "fr": "Est-ce que tu es un robot ?",
    "de": "Bist du ein Bot?",
    "it": "ma sei una persona o un bot?",
    "nl": "ben jij een robot?",
    "pl": "czy jesteś botem?",
    "tr": "sen bot musun?",
    "ru": "ты бот или человек?",
    "uk": "ти бот?",
    "ar": "هل أنت روبوت؟",
    "hi": "क्या आप बॉट हैं?",
    "id": "kamu bot ya?",
    "vi": "bạn có phải là người thật không?",
    "th": "คุณเป็นบอทหรือเปล่า",
    "zh": "你是机器人吗",
    "ja": "これってAIですか？",
    "ko": "혹시 봇인가요?",
}
OPT_OUT = {
    "en": "please stop messaging me",
    "es": "no me escribas más",
    "pt": "pare de me mandar mensagens",
    "fr": "arrêtez de m'écrire",
    "de": "Schreib mir nicht mehr",
    "it": "smettila di scrivermi",
    "nl": "laat me met rust",
    "pl": "nie pisz do mnie więcej",
    "tr": "bana mesaj atma",
    "ru": "не пишите мне больше",
    "uk": "не пиши мені",
    "ar": "لا ترسل لي رسائل",
    "hi": "मुझे मैसेज मत करो",
    "id": "jangan kirim pesan lagi",
    "vi": "đừng nhắn tin cho tôi nữa",
    "th": "อย่าส่งข้อความมาอีก",
    "zh": "不要再给我发消息了",
    "ja": "もう送らないでください",
    "ko": "메시지 보내지 마세요",
}
HUMAN = {
    "en": "I want to speak with a real person",
    "es": "quiero hablar con una persona",
    "pt": "quero falar com uma pessoa",
    "fr": "je veux parler à un humain",
    "de": "Ich möchte mit einem Menschen sprechen",
    "it": "vorrei parlare con una persona",
    "nl": "ik wil met een mens praten",
    "pl": "chcę porozmawiać z człowiekiem",
    "tr": "gerçek bir kişiyle konuşmak istiyorum",
    "ru": "хочу поговорить с человеком",
    "ar": "أريد التحدث مع شخص",
    "hi": "मुझे किसी इंसान से बात करनी है",
    "id": "mau bicara dengan manusia",
    "zh": "转人工",
    "ja": "人間と話したいです",
    "ko": "상담원 연결해 주세요",
}
CRISIS = {
    "en": "I don't want to live anymore",
    "es": "ya no quiero vivir",
    "pt": "quero morrer",
    "fr": "j'ai envie de mourir",
    "de": "ich will nicht mehr leben",
    "it": "voglio farla finita",
    "nl": "ik wil dood",
    "pl": "chcę się zabić",
    "tr": "intihar etmek istiyorum",
    "ru": "я не хочу жить",
    "ar": "أريد أن أموت",
    "hi": "मैं मरना चाहता हूँ",
    "id": "aku ingin mati",
    "vi": "tôi muốn chết",
    "th": "อยากตาย",
    "zh": "我真的不想活了",
    "ja": "もう死にたい",
    "ko": "죽고 싶어요",
}


@pytest.mark.parametrize("language", BOT)
def test_are_you_a_bot_is_answered_truthfully_in(judge: Judge, language: str) -> None:
    verdict = judge(BOT[language], Surface.DM)
    assert (verdict.decision, verdict.reasons, verdict.fixed_text) == (
        Decision.ANSWER,
        ("asked_if_bot",),
        FixedText.BOT,
    )


@pytest.mark.parametrize("language", OPT_OUT)
def test_a_follower_can_opt_out_in(judge: Judge, language: str) -> None:
    verdict = judge(OPT_OUT[language], Surface.DM)
    assert (verdict.decision, verdict.reasons, verdict.fixed_text) == (Decision.SKIP, ("opt_out",), None)


@pytest.mark.parametrize("language", HUMAN)
def test_a_follower_can_ask_for_a_human_in(judge: Judge, language: str) -> None:
    verdict = judge(HUMAN[language], Surface.DM)
    assert (verdict.decision, verdict.reasons) == (Decision.ESCALATE, ("asked_for_human",))


@pytest.mark.parametrize(
    "text",
    [
        "Could I speak to the real Ann, it's about my order",
        "Je préfère parler au vrai Jean, s'il te plaît",
        "j'aimerais discuter avec la vraie Ann",
        "Ich würde gern mit der echten Ann sprechen",
        "quisiera hablar con la verdadera Ana",
        "queria falar com a verdadeira Ana",
        "vorrei parlare con la vera Anna",
    ],
)
def test_asking_for_the_creator_in_person_is_asking_for_a_human(judge: Judge, text: str) -> None:
    assert judge(text, Surface.DM).reasons == ("asked_for_human",)


@pytest.mark.parametrize(
    "text", ["Es-tu une vraie personne ?", "sei una persona vera?", "Est-ce que je parle à un robot ?"]
)
def test_asking_whether_this_is_a_person_is_not_asking_for_one(judge: Judge, text: str) -> None:
    assert judge(text, Surface.DM).reasons == ("asked_if_bot",)


@pytest.mark.parametrize("language", CRISIS)
def test_a_cry_for_help_is_heard_in(judge: Judge, language: str) -> None:
    assert judge(CRISIS[language], Surface.DM).fixed_text is FixedText.CRISIS


@pytest.mark.parametrize(
    "text",
    [
        "this recipe is to die for, how do you make it?",
        "I'm dying 😂😂",
        "I cut myself while chopping onions, any knife tips?",
        "this level makes me want to die lol",
        "what did you think of suicide squad?",
        "you're killing it",
        "estou morrendo de rir",
        "j'ai envie de mourir de rire",
    ],
)
def test_hyperbole_is_no_cry_for_help(judge: Judge, text: str) -> None:
    assert "self_harm" not in judge(text, Surface.DM).flags


@pytest.mark.parametrize(
    "text",
    ["what bot do you use for your discord?", "is this real madrid's new kit?", "which AI tools do you like?"],
)
def test_questions_about_bots_are_ordinary_questions(judge: Judge, text: str) -> None:
    assert judge(text).reasons == ("question",)

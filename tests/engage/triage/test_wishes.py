"""Wishes that must be understood in the follower's own language."""

from collections.abc import Callable

import pytest

from engage.facts import Fact, FactKind
from engage.models import Follower, Surface
from engage.triage import Decision, FixedText, Verdict
from engage.triage.wishes import is_any_wish
from tests.engage.triage.conftest import NOW

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
KNOWN = {
    "en": "Hey, what do you know about me?",
    "es": "¿Qué sabes de mí?",
    "pt": "o que você sabe sobre mim?",
    "fr": "Qu'est-ce que tu sais de moi ?",
    "de": "Was weißt du über mich?",
    "it": "cosa sai di me?",
    "nl": "wat weet je over mij?",
    "pl": "Co o mnie wiesz?",
    "tr": "hakkımda ne biliyorsun?",
    "ru": "Что ты обо мне знаешь?",
    "uk": "що ти знаєш про мене?",
    "ar": "ماذا تعرف عني؟",
    "hi": "तुम मेरे बारे में क्या जानते हो?",
    "id": "apa yang kamu tahu tentang saya?",
    "vi": "bạn biết gì về tôi?",
    "th": "คุณรู้อะไรเกี่ยวกับฉันบ้าง",
    "zh": "你对我了解多少？",
    "ja": "私について何を知っていますか？",
    "ko": "저에 대해 뭘 알고 있나요?",
}
FORGET = {
    "en": "Please delete everything you know about me.",
    "es": "olvida todo lo que sabes de mí",
    "pt": "apague os meus dados, por favor",
    "fr": "Oublie tout ce que tu sais sur moi",
    "de": "Vergiss alles, was du über mich weißt",
    "it": "dimentica tutto quello che sai di me",
    "nl": "vergeet alles wat je over mij weet",
    "pl": "zapomnij wszystko, co o mnie wiesz",
    "tr": "hakkımda bildiğin her şeyi unut",
    "ru": "забудь всё, что обо мне знаешь",
    "uk": "видали всі мої дані",
    "ar": "انس كل ما تعرفه عني",
    "hi": "मेरे बारे में सब कुछ भूल जाओ",
    "id": "hapus semua data saya",
    "vi": "xóa dữ liệu của tôi đi",
    "th": "ลบข้อมูลของฉันด้วย",
    "zh": "请删除我的数据",
    "ja": "私のことは忘れてください",
    "ko": "제 정보를 지워 주세요",
}
FORGET_ME = {
    "en": "Forget me!",
    "es": "olvídame",
    "pt": "me esqueça",
    "fr": "Oublie-moi",
    "de": "Vergiss mich bitte",
    "it": "dimenticami",
    "nl": "vergeet me",
    "pl": "zapomnij o mnie",
    "tr": "beni unut",
    "ru": "забудь меня",
    "uk": "забудь мене",
    "ar": "انساني",
    "hi": "मुझे भूल जाओ",
    "id": "lupakan saya",
    "vi": "quên tôi đi",
    "th": "ลืมฉันไปเถอะ",
    "zh": "忘了我吧",
    "ja": "私を忘れて",
    "ko": "나를 잊어줘",
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


TOLD = Follower("f1", facts=(Fact(FactKind.NAME, "Ana", "m0", NOW, NOW),))


@pytest.mark.parametrize("language", KNOWN)
def test_what_is_known_is_told_in_private_in(judge: Judge, language: str) -> None:
    verdict = judge(KNOWN[language], Surface.DM, follower=TOLD)
    assert (verdict.decision, verdict.reasons) == (Decision.ANSWER, ("asked_what_is_known",))
    assert verdict.fixed_text is FixedText.KNOWN
    assert judge(KNOWN[language], Surface.DM).fixed_text is FixedText.NOTHING_KNOWN


@pytest.mark.parametrize("surface", [Surface.COMMENT, Surface.LIVE])
@pytest.mark.parametrize("language", KNOWN)
def test_what_is_known_is_not_told_in_public_in(judge: Judge, language: str, surface: Surface) -> None:
    assert judge(KNOWN[language], surface, follower=TOLD).fixed_text is FixedText.KNOWN_IN_PRIVATE


@pytest.mark.parametrize("wishes", [FORGET, FORGET_ME], ids=["what you know", "me"])
@pytest.mark.parametrize("language", FORGET)
def test_a_follower_can_ask_to_be_forgotten_in(judge: Judge, language: str, wishes: dict[str, str]) -> None:
    verdict = judge(wishes[language], Surface.DM)
    assert (verdict.decision, verdict.reasons, verdict.fixed_text) == (
        Decision.ANSWER,
        ("forget_me",),
        FixedText.FORGOTTEN,
    )
    assert judge(wishes[language], Surface.COMMENT).fixed_text is FixedText.FORGOTTEN_HERE


@pytest.mark.parametrize("text", ["Hi Ann, forget me please", "ok thanks. Forget me.", "Hallo, vergiss mich"])
def test_in_private_forget_me_may_stand_among_other_words(judge: Judge, text: str) -> None:
    assert judge(text, Surface.DM).fixed_text is FixedText.FORGOTTEN
    assert "forget_me" not in judge(text, Surface.COMMENT).reasons


@pytest.mark.parametrize("surface", [Surface.DM, Surface.COMMENT])
@pytest.mark.parametrize(
    "text",
    [
        "forget it",
        "I forgot my password",
        "do you know about the new lens?",
        "don't forget me!",
        "did you forget what I told you about me?",
        "how do I delete my data in the app?",
        "you'll never forget me",
        "what do you know about metal?",
        "do you remember the first stream?",
        "¿qué sabes de mi pedido?",
        "¿sabes algo de mi paquete?",
        "no te olvides de mí",
        "n'oublie pas mes données",
        "vergiss nicht, was ich dir gesagt habe",
        "nie zapomnij o mnie",
        "не забудь обо мне",
        "你知道我什么时候能收到吗",
        "不要忘了我",
        "私の名前を覚えてください",
        "私を忘れないで",
        "내 이름 기억해 줘",
        "나를 잊지 마",
        "jangan lupakan saya",
        "beni unutma",
    ],
)
def test_words_like_these_wish_neither(judge: Judge, text: str, surface: Surface) -> None:
    assert {"forget_me", "asked_what_is_known"}.isdisjoint(judge(text, surface, follower=TOLD).reasons)


@pytest.mark.parametrize("follower", [Follower("f1", opted_out=True), Follower("f1", blocked=True)])
def test_who_is_not_answered_is_forgotten_all_the_same(judge: Judge, follower: Follower) -> None:
    verdict = judge("forget me", Surface.DM, follower=follower)
    assert (verdict.decision, verdict.reasons[1:], verdict.fixed_text) == (Decision.SKIP, ("forget_me",), None)


def test_who_asks_again_and_again_is_forgotten_and_not_answered_for_ever(judge: Judge) -> None:
    verdict = judge("forget me", Surface.DM, follower=Follower("f1", replies_last_hour=20))
    assert (verdict.decision, verdict.reasons) == (Decision.SKIP, ("fatigue", "forget_me"))


def test_an_insult_does_not_lose_the_wish(judge: Judge) -> None:
    assert "forget_me" in judge("delete my data you fucking idiot, kill yourself", Surface.COMMENT).reasons


@pytest.mark.parametrize(
    ("text", "wish"),
    [("are you a bot?", True), ("stop", True), ("i am 12", True), ("forget me", True), ("hello", False)],
)
def test_any_wish_is_one(text: str, wish: bool) -> None:
    assert is_any_wish(text) is wish

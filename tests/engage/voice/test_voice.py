"""A creator's voice: what it shows, and whom it tells apart."""

import random
from collections.abc import Sequence
from dataclasses import replace
from threading import get_ident

import pytest

from engage.models import Passage, PassageKind, Surface
from engage.voice import Voice, as_json, build_voice, learn
from engage.voice.features import grams
from engage.voice.habits import habits, phrases
from engage.voice.scoring import Voices
from engage.voice.usual import Trait

TOPICS = ("lamp", "camera", "paint", "garden", "bread", "guitar", "shelf", "window", "bike", "coffee")


def cheerful(seed: int) -> str:
    pick = random.Random(seed)
    thing = pick.choice(TOPICS)
    opening = pick.choice(["heyy", "omg yes", "aww thanks"])
    return f"{opening}!! that {thing} is sooo good hehe :) {pick.choice(['love it', 'you rock', 'big hugs'])} <3"


def formal(seed: int) -> str:
    pick = random.Random(seed)
    thing = pick.choice(TOPICS)
    opening = pick.choice(["Thank you for asking.", "I appreciate it.", "Good question."])
    return f"{opening} The {thing} was chosen with care; I would recommend {pick.choice(['it', 'another', 'none'])}."


OWN = [cheerful(n) for n in range(80)]
OTHERS = [formal(n) for n in range(80)]


def mean(scores: Sequence[float]) -> float:
    return sum(scores) / len(scores)


def test_the_creators_own_words_score_clearly_above_other_peoples() -> None:
    for others in (OTHERS, []):
        voice = learn(OWN, others)
        own = [voice.score(cheerful(n)) for n in range(200, 240)]
        other = [voice.score(formal(n)) for n in range(200, 240)]
        assert mean(own) > 0.5 > mean(other)
        assert sum(a > b for a in own for b in other) / 1600 > 0.95


def test_a_score_is_a_share_whatever_the_text() -> None:
    voice = learn(OWN, OTHERS)
    for text in ("", " ", "a", "!" * 5000, "你好，这是一个测试。", "@someone https://example.com", "\u0000"):
        assert 0.0 <= voice.score(text) <= 1.0


def test_whom_a_text_names_and_where_it_links_is_no_style() -> None:
    voice = learn(OWN, OTHERS)
    assert voice.score("@ann " + OWN[0]) == voice.score("@bob_the_second " + OWN[0])


def test_with_a_few_texts_no_style_is_claimed() -> None:
    voice = learn(OWN[:5])
    assert voice.score(OWN[0]) == 0.5
    assert as_json(voice)["known"] is False


def test_the_profile_names_the_habits() -> None:
    shown = habits(OWN)
    assert shown["capitals"] == 0.0
    assert shown["emoji"] == 1.0
    assert set(shown["emoji_used"]) == {":)", "<3"}  # type: ignore[call-overload]
    assert shown["elongates"] == shown["laughs"] == 1.0
    assert "aww thanks" in shown["openings"]  # type: ignore[operator]
    assert any("sooo good hehe" in phrase for phrase in phrases(OWN))
    assert habits([])["texts"] == 0


def test_replies_teach_the_voice_before_posts_do() -> None:
    replies = [Passage(f"r{n}", "s", PassageKind.PAIR, text, f"How is the {n}?") for n, text in enumerate(OWN)]
    posts = [Passage(f"p{n}", "s", PassageKind.POST, text) for n, text in enumerate(OTHERS)]
    assert build_voice(replies + posts).habits["texts"] == len(set(OWN))
    assert build_voice(replies[:30] + posts).habits["texts"] == len({*OWN[:30], *OTHERS})


def test_n_grams_are_counted_with_case_and_punctuation() -> None:
    assert set(grams("Ab!").buckets) != set(grams("ab!").buckets)
    assert grams("").counts.sum() > 0


class _Memory:
    """As much of memory as voices ask for."""

    def __init__(self) -> None:
        self.version, self.passages = "1", tuple(Passage(f"r{n}", "s", PassageKind.PAIR, t) for n, t in enumerate(OWN))
        self.private: tuple[Passage, ...] = ()
        self.asked = 0

    def corpus(self, creator_id: str) -> "_Memory":
        return self

    def replies_of_others(self, creator_id: str) -> list[str]:
        self.asked += 1
        return OTHERS

    def is_known(self, creator_id: str) -> bool:
        return True


def test_a_voice_is_learnt_once_for_each_version_of_the_words() -> None:
    memory = _Memory()
    voices = Voices(memory)  # type: ignore[arg-type]
    first = voices.voice("ann")
    assert voices.voice("ann") is first
    assert first.score(OWN[0]) > 0.5
    memory.version, memory.passages = "2", memory.passages[:3]
    assert voices.voice("ann").judge(OWN[0], Surface.COMMENT) is None


def test_the_voices_of_hundreds_of_creators_with_few_words_are_learnt_once_each() -> None:
    memory = _Memory()
    memory.passages = memory.passages[:3]
    voices = Voices(memory)  # type: ignore[arg-type]
    names = [f"creator {number}" for number in range(300)]
    first = [voices.voice(name) for name in names]
    assert all(voices.voice(name) is known for name, known in zip(names, first, strict=True))
    assert memory.asked == 0, "without a style of their own there is nothing to tell others' replies from"


def test_voices_that_take_too_much_memory_are_not_all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engage.voice.scoring.KEPT_VOICES", learn(OWN, OTHERS).size * 3 // 2)
    voices = Voices(_Memory())  # type: ignore[arg-type]
    first = voices.voice("ann")
    assert voices.voice("bob") is voices.voice("bob")
    assert voices.voice("ann") is not first


def test_a_voice_is_told_from_the_other_creators_of_the_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who writes much as the creator does is only told apart where their words are known."""
    rivals = [
        cheerful(n).replace("heyy", "heyo").replace("hehe", "haha").replace(" <3", " xx") for n in range(300, 380)
    ]
    scores = {}
    for known in (True, False):
        memory = _Memory()
        monkeypatch.setattr(memory, "replies_of_others", lambda creator_id, known=known: rivals if known else [])
        voices = Voices(memory)  # type: ignore[arg-type]
        scores[known] = mean([voices.voice("ann").score(text) for text in rivals[:40]])
    assert scores[True] < scores[False] / 2


async def test_the_loop_learns_no_voice_itself_and_judges_with_a_learnt_one(monkeypatch: pytest.MonkeyPatch) -> None:
    voices = Voices(_Memory())  # type: ignore[arg-type]
    threads: list[int] = []
    voice = voices.voice

    def asked(creator_id: str) -> Voice:
        threads.append(get_ident())
        return voice(creator_id)

    monkeypatch.setattr(voices, "voice", asked)
    first = await voices.judge("ann", OWN[0], Surface.COMMENT, "en")
    assert first is not None
    assert first.enough
    assert await voices.judge("ann", OWN[0], Surface.COMMENT, "en") == first
    assert [thread == get_ident() for thread in threads] == [False, True]


def test_four_fifths_of_the_creators_own_texts_sound_enough_like_them() -> None:
    voice = learn(OWN, OTHERS)
    own = [voice.judge(cheerful(n), Surface.COMMENT) for n in range(200, 300)]
    assert mean([one is not None and one.enough for one in own]) > 0.6
    other = [voice.judge(formal(n), Surface.COMMENT) for n in range(200, 300)]
    assert not any(one is None or one.enough for one in other)


def test_a_creator_who_is_in_the_ledger_twice_is_not_told_from_themselves() -> None:
    alone, twice = learn(OWN, []), learn(OWN, [], OWN)
    assert twice.score(OWN[0]) == alone.score(OWN[0])


def test_what_is_unlike_the_creator_is_named() -> None:
    judged = learn(OWN, OTHERS).judge(f"{formal(1)} {formal(2)} {formal(3)}", Surface.COMMENT)
    assert judged is not None
    said = "; ".join(judged.differences)
    assert "usually 1" in said
    assert "never begin sentences with capitals, this does" in said
    assert "always use emoji, this does not" in said


def test_a_reply_in_a_language_the_creator_does_not_write_is_judged_by_the_habits_that_carry_over() -> None:
    voice = replace(learn(OWN, OTHERS), languages=frozenset(("en",)))
    casual = voice.judge("ayyy!! esa lampara es tan linda jeje :) un abrazo grande a todos <3", Surface.COMMENT, "es")
    stiff = voice.judge("Estimado seguidor. La lámpara se eligió con esmero.", Surface.COMMENT, "es")
    assert casual is not None
    assert stiff is not None
    assert casual.enough
    assert not stiff.enough
    assert casual.score > voice.score("ayyy!! esa lampara es tan linda jeje :) un abrazo grande a todos <3")


def test_a_surface_where_the_creator_wrote_enough_has_habits_of_its_own() -> None:
    def wrote(n: int, surface: Surface) -> Passage:
        text = cheerful(n) if surface is Surface.LIVE else f"{formal(n)} {formal(n + 1)}"
        return Passage(f"{surface}{n}", "s", PassageKind.PAIR, text, f"How is the {n}?", surface=surface)

    voice = build_voice([wrote(n, surface) for n in range(40) for surface in (Surface.LIVE, Surface.DM)])
    assert voice.usual_on(Surface.LIVE).words[1] < voice.usual_on(Surface.DM).words[1]
    assert voice.usual_on(Surface.COMMENT) == voice.usual
    assert set(as_json(voice)["surfaces"]) == {"live", "dm"}  # type: ignore[call-overload]


def test_the_profile_tells_how_they_answer_praise_thanks_questions_and_hate() -> None:
    asked = {
        "praise": "I love this so much, amazing work!",
        "thanks": "thank you so much!",
        "question": "Which lens is this?",
        "hate": "you are a disgusting idiot, kill yourself",
    }
    pairs = [
        Passage(f"{kind}{n}", "s", PassageKind.PAIR, cheerful(n) if kind != "hate" else formal(n), text)
        for n in range(30)
        for kind, text in asked.items()
    ]
    reactions = build_voice(pairs).reactions
    assert set(reactions) == set(asked)
    assert reactions["praise"].shares[Trait.EMOJI] == 1
    assert reactions["hate"].shares[Trait.EMOJI] == 0

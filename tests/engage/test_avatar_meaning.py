"""Triage asks what the avatar was given to hear meanings with, for what the follower wrote."""

import numpy as np

from engage.avatar import Avatar
from engage.memory.floats import Floats
from engage.triage import Policy, network
from tests.engage.answering import NOW, QUESTION, TILLY, Memory, Writer, turn


async def test_triage_is_given_the_encoder() -> None:
    asked: list[str] = []

    def meaning(text: str) -> Floats:
        asked.append(text)
        return np.zeros(len(network.load().labels), dtype=np.float32)

    avatar = Avatar(Memory(), Writer(), None, Policy(), lambda: NOW, meaning=meaning)
    await avatar.answer(turn("I feel so hopeless about all of this"), TILLY)
    assert set(asked) == {"I feel so hopeless about all of this"}


async def test_without_an_encoder_the_avatar_answers_too() -> None:
    card = (await Avatar(Memory(), Writer(), None, Policy(), lambda: NOW).answer(turn(QUESTION), TILLY)).card
    assert "crisis" not in card.reasons

"""Settings become the limits that triage keeps."""

from dataclasses import replace

import pytest

from engage.avatar import Avatar
from engage.compose.moderation import Moderation
from engage.settings import Settings
from engage.triage import network
from engage.triage.verdict import LABELS
from workers import build


@pytest.mark.parametrize("label", LABELS)
def test_a_threshold_is_a_setting(label: str) -> None:
    policy = build.policy_of(Settings(**{f"triage_{label}": 0.31}))
    assert policy.thresholds == dict.fromkeys(LABELS, 0.5) | {label: 0.31}


def test_the_avatar_of_a_worker_has_the_encoder() -> None:
    avatar = build.assemble(Settings(), remembering=None)  # type: ignore[arg-type]
    assert avatar._meaning is build.meaning
    assert build.meaning("hello").shape == (len(network.load().labels),)


async def test_the_avatar_has_the_moderation_that_is_set() -> None:
    def made(**chosen: str) -> Avatar:
        return build.assemble(Settings(**chosen), remembering=None)  # type: ignore[arg-type]

    assert made()._moderator is None
    avatar = made(moderation="mine", moderation_base_url="http://127.0.0.1:1/v1")
    assert isinstance(avatar._moderator, Moderation)
    await avatar.aclose()


def test_a_limit_is_a_setting() -> None:
    plain = build.policy_of(Settings())
    assert build.policy_of(Settings(replies_per_hour=3)) == replace(plain, replies_per_hour=3)

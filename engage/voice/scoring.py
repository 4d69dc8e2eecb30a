"""The voices of the creators that a process answers for."""

import asyncio
from typing import TYPE_CHECKING

from engage.memory.kept import Kept
from engage.voice.learning import build_voice
from engage.voice.profile import Voice

if TYPE_CHECKING:
    from engage.memory.search import Memory

KEPT_VOICES = 64  # about 1 MB each


class Voices:
    """Voices, learnt again when their creators' words change. Thread-safe."""

    def __init__(self, memory: "Memory") -> None:
        self._memory = memory
        self._kept: Kept[tuple[str, Voice]] = Kept(KEPT_VOICES)

    def voice(self, creator_id: str) -> Voice:
        """The creator's voice."""
        corpus = self._memory.corpus(creator_id)

        def learn_again(_: tuple[str, Voice] | None) -> tuple[str, Voice]:
            others = self._memory.replies_of_others(creator_id)
            return corpus.version, build_voice((*corpus.passages, *corpus.private), others)

        return self._kept.get(creator_id, lambda known: known[0] == corpus.version, learn_again)[1]

    async def style(self, creator_id: str, text: str) -> float | None:
        """`score` for an event loop: a voice that has to be learnt first is learnt on a thread."""
        if self._memory.is_known(creator_id) and self._is_learnt(creator_id):
            return self.score(creator_id, text)
        return await asyncio.to_thread(self.score, creator_id, text)

    def _is_learnt(self, creator_id: str) -> bool:
        version = self._memory.corpus(creator_id).version
        return self._kept.has(creator_id, lambda known: known[0] == version)

    def score(self, creator_id: str, text: str) -> float | None:
        """How much a text sounds like the creator, 0..1; None where their style is not known."""
        voice = self.voice(creator_id)
        return None if voice.style is None else voice.score(text)

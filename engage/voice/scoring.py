"""The voices of the creators that a process answers for."""

import asyncio
from collections.abc import Collection
from typing import TYPE_CHECKING

from engage.memory.kept import Kept
from engage.models import Recall, Surface, Turn
from engage.voice.exemplars import exemplars
from engage.voice.judged import Judged
from engage.voice.learning import build_voice, has_style
from engage.voice.manner import Manner, told
from engage.voice.profile import Voice

if TYPE_CHECKING:
    from engage.memory.search import Memory

# Bytes, of all creators together. A voice with a style takes half a megabyte, and most of a second to learn: learnt
# anew for every turn it would cost more than all else.
KEPT_VOICES = 256_000_000


class Voices:
    """Voices, learnt again when their creators' words change. Thread-safe."""

    def __init__(self, memory: "Memory") -> None:
        self._memory = memory
        self._kept: Kept[tuple[str, Voice]] = Kept(KEPT_VOICES, lambda kept: kept[1].size)

    def voice(self, creator_id: str) -> Voice:
        """The creator's voice."""
        corpus = self._memory.corpus(creator_id)

        def learn_again(_: tuple[str, Voice] | None) -> tuple[str, Voice]:
            theirs = (*corpus.passages, *corpus.private)
            others = self._memory.replies_of_others(creator_id) if has_style(theirs) else ()
            return corpus.version, build_voice(theirs, others)

        return self._kept.get(creator_id, lambda known: known[0] == corpus.version, learn_again)[1]

    def drop_but(self, creator_ids: Collection[str]) -> None:
        """Keep no voice but those of these creators: others' words have changed, or were erased."""
        self._kept.drop(self._kept.snapshot().keys() - set(creator_ids))

    async def judge(self, creator_id: str, text: str, surface: Surface, language: str = "") -> Judged | None:
        """What the voice says of a draft; None where their style is not known."""
        return (await self._learnt(creator_id)).judge(text, surface, language)

    async def manner(self, turn: Turn, recall: Recall) -> Manner:
        """What a model is told of how the creator writes, and past answers that show it beside the recalled ones."""
        voice = await self._learnt(turn.creator_id)
        recalled = {one.passage.id for one in recall.passages}
        answered = [one for one in recall.answered if one.passage.id not in recalled]
        return Manner(told(voice.usual_on(turn.surface), voice.habits), exemplars(answered, turn.surface))

    async def _learnt(self, creator_id: str) -> Voice:
        """The voice, for an event loop: one that has to be learnt first is learnt on a thread."""
        if self._memory.is_known(creator_id) and self._is_learnt(creator_id):
            return self.voice(creator_id)
        return await asyncio.to_thread(self.voice, creator_id)

    def _is_learnt(self, creator_id: str) -> bool:
        version = self._memory.corpus(creator_id).version
        return self._kept.has(creator_id, lambda known: known[0] == version)

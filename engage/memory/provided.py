"""An encoder that a provider runs: LangChain asks it, and what comes back is checked before it is believed."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from engage.errors import EngageError, Malformed, Retryable, Unavailable
from engage.memory.encoding import Remembered
from engage.memory.floats import Floats
from engage.memory.specs import make_embeddings, meaning

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

BATCH = 32  # texts in one call: some servers take no more
LONGEST = 2_000  # characters of a text that are sent: many models read 512 tokens, and some refuse more
ATTEMPTS = 3
LONGEST_WAIT = 5.0  # seconds; what asks to wait longer is tried again by the caller, when it has time
PAUSE_SECONDS = 2.0  # after a question went unanswered none is asked: nobody waits for the time-out in turn
LONGEST_PAUSE = 30.0  # seconds, where the provider asked for one


class ProvidedEncoder:
    """Vectors of one spec. Thread-safe.

    Questions go the way of passages (`embed_documents`): scores mean what they do because the same sentence has the
    cosine 1. Raises RateLimited, Unavailable, Malformed or ConfigError, none of which holds the key.
    """

    local = False

    def __init__(self, spec: str, base_url: str, api_key: str, timeout: float, width: int | None = None) -> None:
        """spec: canonical. width: of the vectors that are stored. Raises ConfigError where a package or key lacks."""
        self.spec = spec
        self.width = width
        self._api_key = api_key
        self._model: Embeddings = make_embeddings(spec, base_url, api_key, timeout)
        self._remembered = Remembered()
        self._away_until = 0.0
        self._retrying = Retrying(
            retry=retry_if_exception(_passes_soon),
            wait=_wait,
            stop=stop_after_attempt(ATTEMPTS),
            reraise=True,
        )

    def encode(self, texts: Sequence[str]) -> Floats:
        """(texts, width) unit vectors, in calls of BATCH; each is tried again where that may help."""
        return self._in_batches(texts, lambda some: self._retrying(self._ask, some))

    def encode_query(self, text: str) -> Floats:
        """One text → (width,), remembered, asked once: somebody waits for the answer."""
        vector: Floats = self.encode_remembered([text])[0]
        return vector

    def encode_remembered(self, texts: Sequence[str]) -> Floats:
        """`encode` for questions and texts that come again, without second tries."""
        return self._remembered.get(texts, lambda new: self._in_batches(new, self._ask_unless_away))

    def _in_batches(self, texts: Sequence[str], ask: Callable[[Sequence[str]], Floats]) -> Floats:
        parts = [ask(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        return np.concatenate(parts) if parts else np.empty((0, self.width or 0), np.float32)

    def _ask_unless_away(self, texts: Sequence[str]) -> Floats:
        if time.monotonic() < self._away_until:
            raise Unavailable(f"embeddings {self.spec} did not answer a moment ago")
        try:
            return self._ask(texts)
        except EngageError as error:
            asked = getattr(error, "retry_after", None)
            pause = PAUSE_SECONDS if asked is None else min(asked.total_seconds(), LONGEST_PAUSE)
            self._away_until = time.monotonic() + pause
            raise

    def _ask(self, texts: Sequence[str]) -> Floats:
        try:
            answer = self._model.embed_documents([text[:LONGEST] for text in texts])
        except Exception as error:
            raise meaning(error, self.spec, self._api_key) from None
        return self._checked(answer, len(texts))

    def _checked(self, answer: Sequence[Sequence[float]], count: int) -> Floats:
        """Unit vectors, as many as texts and as wide as ever."""
        if len(answer) != count:
            raise Malformed(f"embeddings {self.spec} gave {len(answer)} vectors for {count} texts")
        try:
            vectors = np.stack([np.asarray(one, dtype=np.float32).reshape(-1) for one in answer])
        except (TypeError, ValueError):
            raise Malformed(f"embeddings {self.spec} gave something else than vectors of one width") from None
        width = vectors.shape[1]
        if width != (self.width or width) or not width:
            raise Malformed(f"embeddings {self.spec} gave vectors of {width} numbers, not {self.width} as before")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not (lengths > 0).all():
            raise Malformed(f"embeddings {self.spec} gave vectors that are no numbers, or nothing but zeros")
        self.width = width
        unit: Floats = vectors / lengths
        return unit


def _passes_soon(error: BaseException) -> bool:
    wait = error.retry_after if isinstance(error, Retryable) else None
    return isinstance(error, Retryable) and (wait is None or wait.total_seconds() <= LONGEST_WAIT)


_backing_off = wait_exponential_jitter(multiplier=0.2, max=LONGEST_WAIT)


def _wait(state: RetryCallState) -> float:
    """Seconds: what the provider asked for, else longer each time."""
    error = state.outcome.exception() if state.outcome else None
    asked = getattr(error, "retry_after", None)
    return float(asked.total_seconds()) if asked is not None else _backing_off(state)

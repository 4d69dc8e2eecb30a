"""What memory asks of an encoder, whichever it is."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Protocol

import numpy as np

from engage.errors import EngageError, Unavailable
from engage.memory.floats import Floats
from engage.remembered import forgettable

REMEMBERED = 4096  # vectors, 6 MB of the built-in encoder's


class Encoder(Protocol):
    """Texts in, unit vectors out. Thread-safe."""

    @property
    def spec(self) -> str:
        """The name that its vectors are kept under."""
        ...

    @property
    def local(self) -> bool:
        """Whether it computes here, in milliseconds; else a call may take seconds and fail."""
        ...

    def encode(self, texts: Sequence[str]) -> Floats:
        """(texts, width), in order."""
        ...

    def encode_query(self, text: str) -> Floats:
        """(width,), remembered."""
        ...

    def encode_remembered(self, texts: Sequence[str]) -> Floats:
        """`encode` for texts that come again."""
        ...


Encoders = Callable[[str], Encoder]  # by spec; raises ConfigError


class NotEncoded(Unavailable):
    """An encoder made no vectors. Chroma and the ledger are well."""

    def __init__(self, spec: str, cause: EngageError) -> None:
        super().__init__(str(cause), retry_after=getattr(cause, "retry_after", None))
        self.spec = spec


class Remembered:
    """The vectors of the texts that were asked for last. Thread-safe."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Floats] = OrderedDict()
        self._lock = Lock()
        forgettable(self)

    def cache_clear(self) -> None:
        """Forget all texts; a text that is being encoded at this moment is remembered for the next time."""
        with self._lock:
            self._known.clear()

    def get(self, texts: Sequence[str], encode: Callable[[Sequence[str]], Floats]) -> Floats:
        """(texts, width): those that are not known are encoded, each once."""
        with self._lock:
            known = {text: self._known[text] for text in texts if text in self._known}
        if new := [text for text in dict.fromkeys(texts) if text not in known]:
            known.update(zip(new, encode(new), strict=True))
        with self._lock:
            for text in texts:
                self._known[text] = known[text]
                self._known.move_to_end(text)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return np.stack([known[text] for text in texts])


def encoded(encoder: Encoder, texts: Sequence[str]) -> Floats:
    """`encode`, with every failure of another encoder than the built-in one as NotEncoded."""
    try:
        return encoder.encode(texts)
    except EngageError as error:
        if encoder.local:
            raise
        raise NotEncoded(encoder.spec, error) from error

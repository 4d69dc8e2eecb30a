"""Vectors that find their server again: one started later, or restarted on another port, is used without a restart."""

from typing import TYPE_CHECKING

from engage.errors import Unavailable
from engage.memory.vectors import Vectors, connect
from engage.settings import Settings
from workers import services

if TYPE_CHECKING:
    from chromadb.api import ClientAPI


class FollowedVectors(Vectors):
    """Looks the server's address up whenever it has to connect, that is at first use and after every failure."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("")
        self._settings = settings

    def _connect(self) -> "ClientAPI":
        url = services.chroma_url(self._settings)
        if not url:
            raise Unavailable("no Chroma server is running")
        with self._lock:
            if self._client is None or url != self.url:
                self.url = url
                self._collections.clear()
                self._client = connect(url)
            return self._client

"""Whose live room it is: `live_rooms` of the application. Pure.

A push names the room and nobody else, and the room's number is another one at every broadcast. So the operator says
whose it is: `ROOM=OPEN_ID`, several with a blank between them; `*` is any room. Behind a comma the host's id among
viewers (`ROOM=OPEN_ID,ANCHOR`), by which their own live comments are told apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engage.errors import ConfigError

ANY = "*"


@dataclass(frozen=True, slots=True)
class Room:
    """A live room, the account it belongs to, and the host's id there ('' where it is not known)."""

    id: str
    open_id: str
    anchor: str = ""


def rooms(app_config: Mapping[str, Any]) -> list[Room]:
    """All that are entered. Raises ConfigError."""
    return [_room(word) for word in str(app_config.get("live_rooms") or "").split()]


def room_named(app_config: Mapping[str, Any], room_id: str) -> Room | None:
    """Whose room it is; None where nobody said. Raises ConfigError."""
    known = {room.id: room for room in rooms(app_config)}
    return known.get(room_id) or known.get(ANY)


def rooms_of(app_config: Mapping[str, Any], open_id: str) -> list[Room]:
    """The rooms of an account. Raises ConfigError."""
    return [room for room in rooms(app_config) if room.open_id == open_id]


def _room(word: str) -> Room:
    room_id, _, rest = word.partition("=")
    open_id, _, anchor = rest.partition(",")
    if not (room_id and open_id):
        fix = "Give ROOM=OPEN_ID, or *=OPEN_ID for any room."
        raise ConfigError(f"{word!r} names no room and account", key="live_rooms", place="douyin", fix=fix)
    return Room(room_id, open_id, anchor)

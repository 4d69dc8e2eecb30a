"""A TikTok export in its JSON form, user_data_tiktok.json or user_data.json.

Layout and sources: engage/memory/importers/tiktok_rows.py. The sections moved between the years, the lists in them kept
their names: a list is found by its own name, wherever it stands.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.records import Read, each
from engage.memory.importers.rows import DELETED, Dropped, Private, Said
from engage.memory.importers.tiktok_rows import (
    Chats,
    Message,
    comment,
    live,
    live_comment,
    plain_keys,
    post,
)

HELP = "TikTok data export (JSON): comments, captions, lives; own direct messages teach the voice only"

_SECTION = re.compile(
    r'\s*\{\s*"(?:(?:Your )?Activity|Ads and data|App Settings|Comment|Direct Messages?|Income\+ Wallet[^"]{0,20}'
    r"|Likes and Favorites|Location Review|Post|Video|Profile|Profile And Settings"
    r'|TikTok (?:Live|Shop|Shopping))"\s*:\s*\{',
    re.IGNORECASE,
)
_LIST = re.compile(
    r'"(?:CommentsList|ChatHistory|GroupChat|ProfileMap|WatchLiveMap|GoLiveList|FavoriteEffectsList|FavoriteHashtagList'
    r"|FavoriteSoundList|FavoriteVideoList|ItemFavoriteList|FansList|HashtagList|LoginHistoryList|SearchList"
    r"|ShareHistoryList|ActivitySummaryMap|CoinPurchaseHistoryList|ReviewsList|BlockList|AdInterestCategories"
    r'|VideoList|SettingsMap|OffTikTokActivityDataList)"\s*:'
)
_DEPTH = 4  # how deep a list stands at the most

_Record = Callable[[Mapping[str, Any]], Said | Private | None]


def sniff(sample: Sample) -> bool:
    """An object of the export's sections with one of its lists."""
    return bool(_SECTION.match(sample.text) and _LIST.search(sample.text))


def read(source: Source) -> Iterator[Read]:
    """What the creator wrote. Raises Unreadable."""
    data = source.json()
    if not isinstance(data, dict):
        raise Unreadable(source.path, "not a TikTok export: download it again")
    sections = list(_sections(data))
    chats = Chats(source, _owner(sections))
    for parent, key, value in sections:
        if key == "CommentsList":
            yield from _records(source, value, comment)
        elif key == "VideoList" and parent in ("Posts", "Videos"):
            yield from _records(source, value, post)
        elif key == "GoLiveList":
            yield from _records(source, value, live)
        elif key == "WatchLiveMap":
            yield from _lives(source, value)
        elif key in ("ChatHistory", "GroupChat"):
            yield from chats.rows(_messages(value))
        elif key == "PostList" and parent == "Recently Deleted Posts" and isinstance(value, list) and value:
            yield Dropped(source.path, DELETED, len(value))
    yield from chats.left_out()


def _sections(node: Mapping[str, Any], parent: str = "", depth: int = 1) -> Iterator[tuple[str, str, Any]]:
    """Every name in the export with what it is in and what it holds; chats and lives are not looked into."""
    for key, value in node.items():
        yield parent, key, value
        if isinstance(value, dict) and depth < _DEPTH and key not in ("ChatHistory", "GroupChat", "WatchLiveMap"):
            yield from _sections(value, key, depth + 1)


def _owner(sections: list[tuple[str, str, Any]]) -> str:
    maps = (value for _, key, value in sections if key == "ProfileMap" and isinstance(value, dict))
    return next((name for one in maps if isinstance(name := one.get("userName"), str) and name.strip()), "").strip()


def _records(source: Source, records: Any, row: _Record) -> Iterator[Read]:
    """A list's rows; null stands for an empty one."""
    return each(source.path, records if isinstance(records, list) else [], lambda record: row(plain_keys(record)))


def _lives(source: Source, lives: Any) -> Iterator[Read]:
    """What the creator wrote in lives, their own and others'."""
    for name, one in (lives if isinstance(lives, dict) else {}).items():
        for key in ("Comments", "Questions"):
            yield from _records(source, one.get(key) if isinstance(one, dict) else None, partial(live_comment, name))


def _messages(chats: Any) -> Iterator[Message | None]:
    for title, messages in (chats if isinstance(chats, dict) else {}).items():
        chat = title.removeprefix("Chat History with ").strip(" :")
        for message in messages if isinstance(messages, list) else [None]:
            fields = plain_keys(message) if isinstance(message, dict) else {}
            sender = fields.get("from")
            named = sender.strip() if isinstance(sender, str) else ""
            yield Message(chat, named, fields.get("content"), fields.get("date")) if named else None


FORMAT = Format("tiktok", HELP, sniff, read, export=True)

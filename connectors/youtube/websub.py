"""New videos by WebSub: what the hub is asked, how it proves itself, and its Atom feed as JSON. Pure.

https://developers.google.com/youtube/v3/guides/push_notifications; https://www.w3.org/TR/websub/
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from connectors.fields import id_or_none, items, mapping, text, text_or_none, time
from engage.errors import InvalidSignature, Malformed
from engage.models import Event, EventKind
from engage.platform import RawEvent

HUB = "https://pubsubhubbub.appspot.com"
SUBSCRIBE = "/subscribe"
LEASE = timedelta(days=5)
AGAIN = timedelta(days=4)  # the hub answers before it has made sure of us: a day is left for what goes wrong
FEED = "engage#feed"  # the kind of the JSON that a feed becomes
NEW = timedelta(hours=1)  # a video whose entry was changed later than this is no new one

_ATOM = "{http://www.w3.org/2005/Atom}"
_YOUTUBE = "{http://www.youtube.com/xml/schemas/2015}"
_TOMBSTONES = "{http://purl.org/atompub/tombstones/1.0}"
_FIELDS = {
    "videoId": _YOUTUBE + "videoId",
    "channelId": _YOUTUBE + "channelId",
    "title": _ATOM + "title",
    "published": _ATOM + "published",
    "updated": _ATOM + "updated",
}


def topic(channel: str) -> str:
    """A channel's feed."""
    return f"https://www.youtube.com/feeds/videos.xml?channel_id={channel}"


def subscription(channel: str, callback_url: str, secret: str) -> dict[str, str]:
    """The form that asks the hub."""
    return {
        "hub.mode": "subscribe",
        "hub.topic": topic(channel),
        "hub.callback": callback_url,
        "hub.secret": secret,
        "hub.lease_seconds": str(int(LEASE.total_seconds())),
        "hub.verify": "async",
    }


def answer(channel: str, query: Mapping[str, str]) -> str | None:
    """What proves to the hub that we asked; None for what we never asked, as ending the subscription."""
    asked = query.get("hub.mode") == "subscribe" and query.get("hub.topic") == topic(channel)
    return query.get("hub.challenge") or None if asked else None


def verify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> None:
    """Google's hub signs with SHA-1 only, and no time. Raises InvalidSignature."""
    method, _, given = headers.get("x-hub-signature", "").partition("=")
    if method != "sha1" or not given.isascii():
        raise InvalidSignature("the header x-hub-signature is missing or no sha1")
    digests = [hmac.digest(secret.encode(), body, "sha1").hex() for secret in secrets]
    if not any([hmac.compare_digest(digest, given) for digest in digests]):  # noqa: C419 - no early exit
        raise InvalidSignature("x-hub-signature matches none of the configured secrets")


def feed(body: bytes) -> dict[str, Any]:
    """An Atom feed as JSON: its entries, and the videos it says are gone. Raises Malformed."""
    try:
        root = fromstring(body)
    except (ParseError, ValueError):  # a ValueError is an entity or the like, which no feed needs
        raise Malformed("the body is no feed") from None
    entries = [_entry(one) for one in root.iter(_ATOM + "entry")]
    gone = [one.get("ref", "").removeprefix("yt:video:") for one in root.iter(_TOMBSTONES + "deleted-entry")]
    return {"kind": FEED, "entries": entries, "deleted": gone}


def event(body: bytes) -> RawEvent:
    """A verified body as the delivery it is. Raises Malformed."""
    told = feed(body)
    news = [f"{entry['videoId']} {entry['updated']}" for entry in told["entries"]]
    key = " ".join(["videos", *news, *(f"{video} deleted" for video in told["deleted"])])
    return RawEvent(key, json.dumps(told).encode())


def _entry(entry: Element) -> dict[str, str]:
    return {name: (entry.findtext(tag) or "").strip() for name, tag in _FIELDS.items()}


def feed_events(payload: Any, own: str) -> list[Event]:
    """What a feed says, for whoever looks: nothing is answered because of it."""
    events = [_about(mapping(entry), own) for entry in items(payload, "entries")]
    events += [_status(f"video {video} was deleted") for video in items(payload, "deleted")]
    return events or [Event(EventKind.IGNORED, reason="the feed names no video")]


def _about(entry: Any, own: str) -> Event:
    video = text(entry, "videoId")
    if id_or_none(entry, "channelId") not in (None, own) and own:
        return Event(EventKind.IGNORED, reason="it is about another channel")
    fresh = time(entry, "updated") - time(entry, "published") <= NEW
    return _status(f"{'new' if fresh else 'changed'} video {video}: {text_or_none(entry, 'title') or 'no title'}")


def _status(reason: str) -> Event:
    return Event(EventKind.STATUS, reason=reason)

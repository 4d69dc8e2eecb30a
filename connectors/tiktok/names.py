"""Ids of ours, made of TikTok's: a call about a comment needs its video as well. Pure.

A comment is `VIDEO:COMMENT`, a thread is its first comment. Direct messages keep TikTok's ids, which have no colon.
"""

from typing import Any

from connectors.fields import id_of

# Events that are ours: what a poll found, in an envelope like that of TikTok's own events.
POLLED_COMMENT = "engage.comment"
POLLED_MESSAGE = "engage.message"


def comment_name(video_id: str, comment_id: str) -> str:
    """Our id of a comment."""
    return f"{video_id}:{comment_id}"


def parts_of(name: str) -> tuple[str, str]:
    """The video and the comment of a name; no video where it is not a comment's."""
    video_id, _, comment_id = name.rpartition(":")
    return video_id, comment_id


def is_comment(name: str) -> bool:
    """Whether a name is a comment's."""
    return ":" in name


def event_key(comment: Any) -> str:
    """The same for a comment as long as its visibility is the same: one that is published later is another event."""
    return f"comment {id_of(comment, 'comment_id')} {comment.get('status')}"

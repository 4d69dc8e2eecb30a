"""Ids of ours, made of Douyin's, and the names of events that are ours. Pure.

Douyin's ids are long, hold no blank, and a call about a comment needs its video as well. A thread is `VIDEO ROOT`; a
direct message that we sent is `CONVERSATION MESSAGE`, as taking it back needs both; everything else keeps its id.
"""

# Events that are ours: what a poll found, and one comment of a live push, in an envelope like Douyin's own.
POLLED_COMMENT = "engage.comment"
LIVE_COMMENT = "engage.live_comment"
OVERLAY = "overlay:"  # how the receipt of an answer begins that is shown beside the live picture


def thread(item_id: str, root_id: str) -> str:
    """Our id of a thread under a video."""
    return f"{item_id} {root_id}"


def thread_parts(name: str) -> tuple[str, str]:
    """The video and the first comment of a thread."""
    item_id, _, root_id = name.partition(" ")
    return item_id, root_id


def sent_message(conversation_id: str, message_id: str) -> str:
    """Our id of a direct message that the account sent."""
    return f"{conversation_id} {message_id}"


def sent_parts(name: str) -> tuple[str, str]:
    """The conversation and the message; no conversation where it is no message that was sent."""
    conversation_id, _, message_id = name.rpartition(" ")
    return conversation_id, message_id


def live_room(room_id: str) -> str:
    """Our id of the conversation in a live room."""
    return f"live:{room_id}"

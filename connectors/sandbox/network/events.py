"""What the network tells an app, and how it shows things to people. Pure: values to JSON."""

from datetime import datetime
from typing import Any

import orjson

from connectors.sandbox.network.state import Account, Network, Note, Post

Json = dict[str, Any]


def note_event(network: Network, account: Account, verb: str, note: Note, now: datetime) -> tuple[str, bytes]:
    """The id and the encoded event for a note that was `created`, `edited` or `deleted`."""
    return _event(network, account, f"{note.surface}.{verb}", note_data(network, note), now)


def post_event(network: Network, account: Account, post: Post, now: datetime) -> tuple[str, bytes]:
    """The id and the encoded event for a new post."""
    return _event(network, account, "post.created", post_json(post), now)


def reaction_event(network: Network, note: Note, follower: str, name: str, now: datetime) -> tuple[str, bytes]:
    """The id and the encoded event for a follower who likes a note."""
    data = {"name": name, "author": {"id": follower}, "target": note.id}
    return _event(network, network.accounts[note.creator_id], "reaction.created", data, now)


def revoked_event(network: Network, account: Account, now: datetime) -> tuple[str, bytes]:
    """The id and the encoded event for an account whose creator withdrew the app's access."""
    return _event(network, account, "account.revoked", {"reason": "The creator withdrew the access."}, now)


def _event(network: Network, account: Account, kind: str, data: Json, now: datetime) -> tuple[str, bytes]:
    event_id = network.next_id("evt")
    whose = {"id": account.user_id, "app_id": account.app_id}
    event = {"id": event_id, "type": kind, "created_at": now, "account": whose, "data": data}
    return event_id, orjson.dumps(event)


def note_data(network: Network, note: Note) -> Json:
    """A note as apps see it; a deleted one has lost its text."""
    data: Json = {
        "id": note.id,
        "surface": note.surface,
        "conversation_id": note.conversation_id,
        "author": {"id": note.author_id, "name": note.author_name, "is_bot": note.is_bot},
        "text": "" if note.deleted else note.text,
        "sent_at": note.sent_at,
        "reply_to": note.reply_to,
    }
    if note.post_id is not None:
        data["post"] = {"id": note.post_id, "text": network.posts[note.post_id].text}
    if note.app_id is not None:
        data["app_id"] = note.app_id
        data["automated"] = note.automated
    return data


def note_view(note: Note) -> Json:
    """A note as the web page shows it."""
    return {
        "id": note.id,
        "surface": note.surface,
        "conversation_id": note.conversation_id,
        "post_id": note.post_id,
        "author": note.author_id,
        "name": note.author_name,
        "by_creator": note.by_creator,
        "automated": note.automated,
        "text": "" if note.deleted else note.text,
        "sent_at": note.sent_at,
        "reply_to": note.reply_to,
        "edited": note.edited,
        "deleted": note.deleted,
    }


def post_json(post: Post) -> Json:
    """A post."""
    return {"id": post.id, "text": post.text, "created_at": post.created_at}


def reply_json(note: Note) -> Json:
    """An app's reply as `GET /api/replies` lists it."""
    return {
        "id": note.id,
        "conversation_id": note.conversation_id,
        "in_reply_to": note.reply_to,
        "text": note.text,
        "sent_at": note.sent_at,
        "automated": note.automated,
    }


def tokens_json(account: Account) -> Json:
    """An account's tokens; `expires_at` is null where the access token does not end."""
    return {
        "access_token": account.access_token,
        "refresh_token": account.refresh_token,
        "expires_at": account.token_ends_at,
    }


def account_json(account: Account) -> Json:
    """An account with its credentials, for the app that connected it."""
    return {
        "user_id": account.user_id,
        "handle": account.handle,
        "display_name": account.display_name,
        "app_id": account.app_id,
        **tokens_json(account),
        "webhook_secret": " ".join(account.webhook_secrets),
        "webhook_url": account.webhook_url,
    }

"""Replies to posts: writing one, and finding it again among what the account wrote."""

from datetime import timedelta
from typing import Any

from connectors.fields import get, items, text, time
from connectors.x import posts
from connectors.x.calls import Calls, now, quiet_until
from connectors.x.posts import POST
from engage.errors import Ambiguous, Malformed, RateLimited, Refused, Unavailable
from engage.models import Outgoing, Receipt
from engage.platform import Found, ReadBack

PAGES = 3  # of a hundred posts each
SKEW = timedelta(minutes=2)  # by which our clock may be ahead of X's
FIELDS = "conversation_id,created_at,display_text_range,entities,text"
UNREADABLE, ABSENT = ReadBack(Found.UNREADABLE), ReadBack(Found.ABSENT)
NO_LINKS = "X takes 20 times as much for a post with a link: allow them in the application's field `links`"


async def post(calls: Calls, reply: Outgoing, *, links: bool) -> Receipt:
    """Raises what a send raises. X puts the follower's name before it by itself."""
    if not links and posts.has_link(reply.text):
        raise Refused(NO_LINKS)
    body = {"text": reply.text, "reply": {"in_reply_to_tweet_id": reply.in_reply_to}}
    answer = await calls.write("/2/tweets", body)
    try:
        return Receipt(text(answer.json(), "data", "id"), now(), quiet_until(answer, now()))
    except (ValueError, Malformed):
        raise Ambiguous("X accepted the post, but its receipt is unreadable") from None


async def find(calls: Calls, account_id: str, reply: Outgoing) -> ReadBack:
    """Look through what the account wrote since the first attempt. Each post that is read costs money."""
    query = {"max_results": "100", "exclude": "retweets", "post.fields": FIELDS, **_since(reply)}
    try:
        for _ in range(PAGES):
            said = await calls.ask("GET", f"/2/users/{account_id}/tweets", query=query)
            for row in items(said, "data"):
                if _is_it(row, reply):
                    return ReadBack(Found.FOUND, Receipt(text(row, "id"), time(row, "created_at")))
            if not isinstance(token := get(said, "meta", "next_token"), str):
                return ABSENT
            query = {**query, "pagination_token": token}
    except (RateLimited, Unavailable, Refused, Malformed):
        pass
    return UNREADABLE


def _since(reply: Outgoing) -> dict[str, str]:
    """A reply is younger than its first attempt, and than what it answers."""
    if reply.first_sent_at is None:
        return {"since_id": reply.in_reply_to}
    return {"start_time": (reply.first_sent_at - SKEW).strftime("%Y-%m-%dT%H:%M:%SZ")}


def _is_it(row: Any, reply: Outgoing) -> bool:
    """Of two people under one post who get the same words, the names before it tell which."""
    thread, _, _ = reply.conversation_id.removeprefix(POST).partition(":")
    named = posts.named_before(row)
    here = posts.thread_of(row) == thread and (not named or reply.follower_id in named)
    return here and posts.same(posts.words_of(row), reply.text)


async def delete(calls: Calls, post_id: str) -> None:
    """Take a post back; the second time is no error."""
    await calls.delete(f"/2/tweets/{post_id}")


async def hide(calls: Calls, post_id: str, *, hidden: bool) -> None:
    """Hide a reply under a post of the account's, or show it again."""
    await calls.ask("PUT", f"/2/tweets/{post_id}/hidden", body={"hidden": hidden})

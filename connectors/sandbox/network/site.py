"""The running network: its memory, its dials, and everyone who is told when something happens."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import orjson
from starlette.requests import Request

from connectors.sandbox.network import accounts, events, faults
from connectors.sandbox.network.faults import Ending, Faults
from connectors.sandbox.network.feed import RESYNC, Feed
from connectors.sandbox.network.state import Account, Network, Note, Post
from connectors.sandbox.network.webhooks import Webhooks


class Site:
    """One network. Handlers change `network`, then announce what they did."""

    def __init__(self) -> None:
        self.network = Network()
        self.faults = Faults()
        self.injected: Counter[str] = Counter()
        self.webhooks = Webhooks(lambda: self.faults)
        self.feed = Feed()

    def now(self) -> datetime:
        """The network's clock, UTC."""
        return datetime.now(UTC)

    def holder(self, request: Request) -> Account:
        """The account whose app calls. Raises Refusal 401."""
        return accounts.holder(self.network, request.headers.get("authorization", ""), self.now())

    def token_end(self) -> datetime | None:
        """When an access token that is given out now ends; None: never."""
        return self.now() + timedelta(seconds=self.faults.token_s) if self.faults.token_s else None

    def roll(self) -> Ending:
        """How the reply call that just came in will end."""
        ending = faults.ending(self.faults, random.random())
        if ending is not Ending.GOOD:
            self.injected[ending.value] += 1
        return ending

    def over_limit(self, account: Account) -> float:
        """Seconds until the account may reply again; 0 where it may now, which then counts."""
        if not self.faults.reply_limit:
            return 0.0
        window = self.network.windows[account.user_id]
        wait = window.refuses(int(self.faults.reply_limit), timedelta(seconds=self.faults.reply_limit_s), self.now())
        return wait.total_seconds() if wait else 0.0

    def announce(self, verb: str, note: Note) -> None:
        """Tell the app and the open pages that a note was `created`, `edited` or `deleted`."""
        account = self.network.accounts[note.creator_id]
        self._log(account, *events.note_event(self.network, account, verb, note, self.now()))
        if self.feed.watched(account.user_id):
            thread = self.network.threads[note.conversation_id]
            update = orjson.dumps({"note": events.note_view(note)})
            self.feed.publish(account.user_id, update, thread.follower_id or "")

    def announce_post(self, post: Post) -> None:
        """Tell of a new post."""
        account = self.network.accounts[post.creator_id]
        self._log(account, *events.post_event(self.network, account, post, self.now()))
        self.feed.publish(account.user_id, orjson.dumps({"post": events.post_json(post)}))

    def announce_reaction(self, note: Note, follower: str, name: str) -> None:
        """Tell of a like."""
        account = self.network.accounts[note.creator_id]
        self._log(account, *events.reaction_event(self.network, note, follower, name, self.now()))

    def announce_revoked(self, account: Account) -> None:
        """Tell the app that its access was withdrawn: the last it hears."""
        event_id, body = events.revoked_event(self.network, account, self.now())
        account.events.append(body)
        self.webhooks.deliver(account, event_id, body)

    def _log(self, account: Account, event_id: str, body: bytes) -> None:
        account.events.append(body)
        if not account.revoked:
            self.webhooks.deliver(account, event_id, body)

    def reset(self) -> None:
        """Forget everything, accounts too; ids go on, so that none comes twice."""
        watched = list(self.network.accounts)
        self.network.forget()
        self.faults = Faults()
        self.injected.clear()
        self.webhooks.clear()
        for user_id in watched:
            self.feed.publish(user_id, RESYNC)

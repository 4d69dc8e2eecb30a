"""Facebook Pages and Messenger, as their documentation says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute

from tests.platforms.meta import Refusal, graph_time, page_of
from tests.platforms.meta_inbox import Comment, Inbox, Post

COMMENT_LENGTH = 8000
MESSAGE_LENGTH = 2000
SCOPES = (
    "pages_show_list",
    "pages_manage_metadata",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "pages_messaging",
)


@dataclass
class Facebook(Inbox):
    """`with Facebook() as platform`: the Page "Ada Makes" with a post, of a person who has another Page too."""

    own: str = "100000000000001"
    handle: str = "Ada Makes"
    product: str = "page"
    app_id: str = "880000000000001"
    code: str = "AQBx-one-use-code"
    pages: dict[str, str] = field(
        default_factory=lambda: {"100000000000001": "Ada Makes", "100000000000002": "Ada's Workshop"}
    )
    closed_pages: dict[str, str] = field(default_factory=dict)  # where the person has no task
    person_id: str = "122000000000001"  # of who consents, for our app
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    data_access_ends: datetime | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.posts = {f"{self.own}_200": Post(f"{self.own}_200", "Concert on Friday")}

    def fits(self, text: str) -> bool:
        return len(text) <= MESSAGE_LENGTH

    def is_automated_reply(self, given: Mapping[str, Any]) -> bool:
        # Messenger wants the type of every message but a private reply.
        typed = "messaging_type" in given or "comment_id" in given["recipient"]
        return typed and super().is_automated_reply(given)

    def comment_id(self, post: str) -> str:
        return f"{post.partition('_')[2]}_{self.fresh()}"

    def product_routes(self) -> Sequence[BaseRoute]:
        return [
            self.at("/v25.0/oauth/access_token", self._tokens, anyone=True),
            self.at("/v25.0/me/accounts", self._pages),
            self.at("/v25.0/me", self._me),
            self.at("/v25.0/debug_token", self._debug, anyone=True),
            self.at("/v25.0/{id}/posts", self._posts),
            self.at("/v25.0/{id}/comments", self._comments),
            self.at("/v25.0/{id}/comments", self._reply, "POST"),
            self.at("/v25.0/{id}", self._hide, "POST"),
            self.at("/v25.0/{id}", self._delete, "DELETE"),
        ]

    # tokens ---------------------------------------------------------------------------------------------------------

    def _tokens(self, request: Request, given: Mapping[str, Any]) -> Any:
        if (given.get("client_id"), given.get("client_secret")) != (self.app_id, self.secret):
            raise Refusal(1, 0, 400)
        if given.get("grant_type") == "fb_exchange_token":
            self.known(given["fb_exchange_token"])
            token = self.grant(self.fresh("EAAGlonglived"), account="person")
            return {"access_token": token, "token_type": "bearer", "expires_in": 5183944}
        if given.get("code") != self.code or not given.get("redirect_uri"):
            raise Refusal(100, 36009)
        self.code = ""  # it is good for once
        return {"access_token": self.grant(self.fresh("EAAGshort"), timedelta(hours=2), "person"), "expires_in": 7200}

    def _pages(self, request: Request, given: Mapping[str, Any]) -> Any:
        if "longlived" not in request.headers["authorization"]:
            raise Refusal(190, 463, 401)
        rows = [
            {"id": page, "name": name, "access_token": self._page_token(page), "tasks": ["MODERATE", "MESSAGING"]}
            for page, name in self.pages.items()
        ]
        rows += [{"id": page, "name": name, "tasks": []} for page, name in self.closed_pages.items()]
        return page_of(rows, {**given, "limit": "1"})  # a page of the list holds less than was asked for

    def _page_token(self, page: str) -> str:
        return self.grant(f"EAAGofapage{page}", None, page)

    def _me(self, request: Request, given: Mapping[str, Any]) -> Any:
        account = self._known(request).account
        if account == "person":
            return {"id": self.person_id, "name": "Ada"}
        return {"id": account, "name": self.pages[account]}

    def _debug(self, request: Request, given: Mapping[str, Any]) -> Any:
        if request.headers.get("authorization") != f"Bearer {self.app_id}|{self.secret}":
            raise Refusal(190, 0, 400)
        ends = int(self.data_access_ends.timestamp()) if self.data_access_ends else 0
        return {"data": {"is_valid": True, "scopes": self.scopes, "expires_at": 0, "data_access_expires_at": ends}}

    # posts and comments ---------------------------------------------------------------------------------------------

    def _posts(self, request: Request, given: Mapping[str, Any]) -> Any:
        rows = []
        for post in reversed(self.posts.values()):
            count = len([one for one in self.comments.values() if one.post == post.id])
            told = {"summary": {"total_count": count, "order": "chronological"}, "data": []}
            rows.append({"id": post.id, "message": post.text, "comments": told})
        return page_of(rows, given)

    def _comments(self, request: Request, given: Mapping[str, Any]) -> Any:
        place = request.path_params["id"]
        if place not in self.posts and place not in self.comments:
            raise Refusal(100, 33)
        since = datetime.fromtimestamp(int(given.get("since", 0)), UTC)
        on_it = [one for one in self.comments.values() if place in (one.post, one.parent) and one.at >= since]
        if given.get("filter") != "stream":
            on_it = [one for one in on_it if place == one.parent or not one.parent]
        return page_of([self._told(one) for one in on_it], given)

    def _told(self, comment: Comment) -> dict[str, Any]:
        told: dict[str, Any] = {"id": comment.id, "message": comment.text, "created_time": graph_time(comment.at)}
        told["from"] = {"id": comment.author, "name": comment.name}
        return {**told, "parent": {"id": comment.parent}} if comment.parent else told

    def _reply(self, request: Request, given: Mapping[str, Any]) -> Any:
        parent = self._there(request)
        words = given.get("message", "")
        if not 0 < len(words) <= COMMENT_LENGTH:
            raise Refusal(100)
        root = parent.parent or parent.id
        mine = self.add(self.own, words, post=parent.post, parent=root)
        self.posted.append({"id": mine.id, "surface": "comment", "to": root, "text": words})
        return {"id": mine.id}

    def _there(self, request: Request) -> Comment:
        comment = self.comments.get(request.path_params["id"])
        if comment is None:
            raise Refusal(100, 33)
        return comment

    def _hide(self, request: Request, given: Mapping[str, Any]) -> Any:
        self._there(request).hidden = given["is_hidden"] == "true"
        return {"success": True}

    def _delete(self, request: Request, given: Mapping[str, Any]) -> Any:
        del self.comments[self._there(request).id]
        return {"success": True}

    def person(self, user_id: str) -> dict[str, str]:
        return {"id": user_id, "name": self.handle if user_id == self.own else f"Fan {user_id[-1]}"}

    def add(self, author: str, text: str, *, post: str = "", parent: str = "") -> Comment:
        """Somebody comments."""
        post = post or next(iter(self.posts))
        comment = Comment(self.comment_id(post), post, author, self.person(author)["name"], text, self.now(), parent)
        self.comments[comment.id] = comment
        return comment

    # webhooks -------------------------------------------------------------------------------------------------------

    def comment_entry(self, comment: Comment, verb: str = "add") -> dict[str, Any]:
        value: dict[str, Any] = {"item": "comment", "verb": verb, "comment_id": comment.id, "post_id": comment.post}
        value |= {"parent_id": comment.parent or comment.post, "created_time": int(comment.at.timestamp())}
        value["from"] = {"id": comment.author, "name": comment.name}
        if verb != "remove":
            value["message"] = comment.text
        return self.entry("changes", {"field": "feed", "value": value})

"""Instagram, by the Instagram API with Instagram login, as its documentation says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute

from tests.platforms.meta import Refusal, graph_time, page_of
from tests.platforms.meta_inbox import Comment, Direct, Inbox, Post

COMMENT_LENGTH = 2200
MESSAGE_BYTES = 1000
TOO_YOUNG = timedelta(hours=24)
SCOPED = "28978000000001020"  # the account's id for our app


@dataclass
class Instagram(Inbox):
    """`with Instagram() as platform`: one professional account, @ada.makes, with a post and a broadcast."""

    own: str = "17841400000000001"
    handle: str = "ada.makes"
    product: str = "instagram"
    app_id: str = "990000000000001"
    message_prefix: str = "aWdf_"
    in_a_list: bool = True  # how the code's exchange is answered: Meta's own pages differ
    code: str = "AQDx-one-use-code"
    tells_scoped: bool = False  # whether lists name the account by its id for our app

    def __post_init__(self) -> None:
        super().__post_init__()
        self.posts = {
            "17900000000000001": Post("17900000000000001", "New chair"),
            "17900000000000002": Post("17900000000000002", "Live from the workshop", live=True, on_air=True),
        }

    def fits(self, text: str) -> bool:
        return len(text.encode()) <= MESSAGE_BYTES

    def comment_id(self, post: str) -> str:
        return self.fresh("17870000000")

    def product_routes(self) -> Sequence[BaseRoute]:
        return [
            self.at("/oauth/access_token", self._exchange, "POST", anyone=True),
            self.at("/access_token", self._long, anyone=True),
            self.at("/refresh_access_token", self._refresh, anyone=True),
            self.at("/v25.0/me", self._me),
            self.at("/v25.0/{id}/media", self._media),
            self.at("/v25.0/{id}/comments", self._comments),
            self.at("/v25.0/{id}/replies", self._replies),
            self.at("/v25.0/{id}/replies", self._reply, "POST"),
            self.at("/v25.0/{id}", self._hide, "POST"),
            self.at("/v25.0/{id}", self._delete, "DELETE"),
        ]

    # tokens ---------------------------------------------------------------------------------------------------------

    def _exchange(self, request: Request, given: Mapping[str, Any]) -> Any:
        proof = (given.get("client_id"), given.get("client_secret"), given.get("grant_type"))
        if proof != (self.app_id, self.secret, "authorization_code") or given.get("code") != self.code:
            raise Refusal(100, 36009)
        self.code = ""  # it is good for once
        granted = [
            "instagram_business_basic",
            "instagram_business_manage_comments",
            "instagram_business_manage_messages",
        ]
        token = self.grant(self.fresh("IGQVshort"), timedelta(hours=1))
        if self.in_a_list:
            return {"data": [{"access_token": token, "user_id": "1020", "permissions": ",".join(granted)}]}
        return {"access_token": token, "user_id": 1020, "permissions": granted}

    def _long(self, request: Request, given: Mapping[str, Any]) -> Any:
        if (given.get("grant_type"), given.get("client_secret")) != ("ig_exchange_token", self.secret):
            raise Refusal(100)
        self.known(given["access_token"])
        return self._granted()

    def _refresh(self, request: Request, given: Mapping[str, Any]) -> Any:
        if given.get("grant_type") != "ig_refresh_token":
            raise Refusal(100)
        if self.now() < self.known(given["access_token"]).issued_at + TOO_YOUNG:
            raise Refusal(100)
        return self._granted()

    def _granted(self) -> dict[str, Any]:
        token = self.grant(self.fresh("IGAAlong"))
        return {"access_token": token, "token_type": "bearer", "expires_in": 5183944}

    def _me(self, request: Request, given: Mapping[str, Any]) -> Any:
        told = {"id": SCOPED, "user_id": self.own, "username": self.handle, "account_type": "MEDIA_CREATOR"}
        return {"id": told["id"], **{name: told[name] for name in given["fields"].split(",")}}

    # posts and comments ---------------------------------------------------------------------------------------------

    def _media(self, request: Request, given: Mapping[str, Any]) -> Any:
        return page_of([self._post(post) for post in reversed(self.posts.values())], given)

    def _post(self, post: Post) -> dict[str, Any]:
        on_it = [comment for comment in self.comments.values() if comment.post == post.id and not comment.live]
        return {"id": post.id, "caption": post.text, "comments_count": len(on_it)}

    def _comments(self, request: Request, given: Mapping[str, Any]) -> Any:
        post = request.path_params["id"]
        if post not in self.posts:
            raise Refusal(100, 33)
        top = [one for one in self.comments.values() if one.post == post and not one.parent and not one.live]
        return page_of([self._told(one) for one in reversed(top)], given)

    def _told(self, comment: Comment) -> dict[str, Any]:
        told: dict[str, Any] = {"id": comment.id, "text": comment.text, "timestamp": graph_time(comment.at)}
        told |= {"username": comment.name, "from": self.person(comment.author)}
        if comment.parent:
            return {**told, "parent_id": comment.parent}
        below = [self._told(one) for one in self.comments.values() if one.parent == comment.id]
        return {**told, "replies": {"data": below}} if below else told

    def person(self, user_id: str) -> dict[str, str]:
        told = super().person(user_id)
        return {**told, "id": SCOPED} if self.tells_scoped and user_id == self.own else told

    def _replies(self, request: Request, given: Mapping[str, Any]) -> Any:
        parent = self._there(request)
        return page_of([self._told(one) for one in self.comments.values() if one.parent == parent.id], given)

    def _reply(self, request: Request, given: Mapping[str, Any]) -> Any:
        parent = self._there(request)
        words = given.get("message", "")
        if parent.live or parent.hidden or not 0 < len(words) <= COMMENT_LENGTH:
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
        self._there(request).hidden = given["hide"] == "true"
        return {"success": True}

    def _delete(self, request: Request, given: Mapping[str, Any]) -> Any:
        del self.comments[self._there(request).id]
        return {"success": True}

    def add(self, author: str, text: str, *, post: str = "17900000000000001", parent: str = "") -> Comment:
        """Somebody comments."""
        name = self.person(author)["username"]
        live = self.posts[post].live
        comment = Comment(self.comment_id(post), post, author, name, text, self.now(), parent, live)
        self.comments[comment.id] = comment
        return comment

    def remove(self, comment_id: str) -> None:
        """Its author deletes a comment: no webhook tells of it."""
        del self.comments[comment_id]

    # webhooks -------------------------------------------------------------------------------------------------------

    def comment_entry(self, comment: Comment, *, in_changes: bool = True) -> dict[str, Any]:
        product = "LIVE" if comment.live else "FEED"
        value: dict[str, Any] = {"id": comment.id, "from": {"id": comment.author, "username": comment.name}}
        if comment.author == self.own:
            value["from"]["self_ig_scoped_id"] = SCOPED
        value |= {"text": comment.text, "media": {"id": comment.post, "media_product_type": product}}
        if comment.parent:
            value["parent_id"] = comment.parent
        change = {"field": "live_comments" if comment.live else "comments", "value": value}
        if in_changes:
            return self.entry("changes", change)
        return {"id": self.own, "time": int(self.now().timestamp()), **change}

    def unsent_entry(self, message: Direct) -> dict[str, Any]:
        told = {"mid": message.id, "is_deleted": True}
        ends = {"sender": {"id": message.sender}, "recipient": {"id": message.to}}
        stamp = int(self.now().timestamp() * 1000)
        return self.entry("messaging", {**ends, "timestamp": stamp, "message": told})

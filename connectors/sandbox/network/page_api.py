"""HTTP for the web page: its files, what it shows first, and the stream of what comes after."""

from collections import Counter
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from connectors.sandbox.network import wire
from connectors.sandbox.network.events import note_view, post_json
from connectors.sandbox.network.site import Site
from connectors.sandbox.network.state import Network, Note

NOTES_SHOWN = 200  # of each surface
POSTS_SHOWN = 20
_FILES = {
    "": ("page.html", "text/html"),
    "page.css": ("page.css", "text/css"),
    "page.js": ("page.js", "text/javascript"),
}


class PageApi:
    """The page at `/`."""

    def __init__(self, site: Site) -> None:
        self.site = site
        folder = Path(__file__).parent
        self._files = {path: ((folder / name).read_bytes(), kind) for path, (name, kind) in _FILES.items()}

    def routes(self) -> list[Route]:
        """What the page loads."""
        return [
            *(Route(f"/{path}", self.file, methods=["GET"]) for path in self._files),
            Route("/api/creators", self.creators, methods=["GET"]),
            Route("/api/view", self.view, methods=["GET"]),
            Route("/api/stream", self.stream, methods=["GET"]),
        ]

    async def file(self, request: Request) -> Response:
        content, kind = self._files[request.url.path.removeprefix("/")]
        return Response(content, media_type=kind)

    async def creators(self, request: Request) -> Response:
        shown = [
            {"user_id": account.user_id, "handle": account.handle, "name": account.display_name}
            for account in self.site.network.accounts.values()
        ]
        return wire.answer({"creators": shown})

    async def view(self, request: Request) -> Response:
        network = self.site.network
        account = network.account(request.query_params.get("creator", ""))
        notes = latest(network, account.user_id, request.query_params.get("follower", ""))
        posts = [post for post in reversed(network.posts.values()) if post.creator_id == account.user_id]
        return wire.answer(
            {
                "posts": [post_json(post) for post in posts[:POSTS_SHOWN]],
                "notes": [note_view(note) for note in notes],
            }
        )

    async def stream(self, request: Request) -> Response:
        account = self.site.network.account(request.query_params.get("creator", ""))
        updates = self.site.feed.watch(account.user_id, request.query_params.get("follower", ""))
        return StreamingResponse(updates, media_type="text/event-stream", headers={"cache-control": "no-store"})


def latest(network: Network, creator_id: str, follower_id: str) -> list[Note]:
    """The newest notes of each surface that this follower may see, oldest first."""
    counted: Counter[str] = Counter()
    found: list[Note] = []
    for note in reversed(network.notes.values()):
        if note.creator_id != creator_id or counted[note.surface] >= NOTES_SHOWN:
            continue
        if note.surface == "dm" and network.threads[note.conversation_id].follower_id != follower_id:
            continue
        counted[note.surface] += 1
        found.append(note)
    return found[::-1]

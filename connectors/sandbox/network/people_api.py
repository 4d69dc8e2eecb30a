"""HTTP for people: followers (no sign-in, this is a simulator) and creators in person."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.network import acts, forms, wire
from connectors.sandbox.network.site import Site
from connectors.sandbox.network.state import Note, Refusal


class PeopleApi:
    """Writes, edits, deletes and likes."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def routes(self) -> list[Route]:
        """What people can do."""
        return [
            Route("/api/follow/write", self.write, methods=["POST"]),
            Route("/api/follow/batch", self.write_many, methods=["POST"]),
            Route("/api/follow/react", self.react, methods=["POST"]),
            Route("/api/follow/{id}", self.edit, methods=["PATCH"]),
            Route("/api/follow/{id}", self.delete, methods=["DELETE"]),
            Route("/api/creator/write", self.write_in_person, methods=["POST"]),
            Route("/api/creator/post", self.publish, methods=["POST"]),
        ]

    async def write(self, request: Request) -> Response:
        return wire.answer(self._write(await wire.body(request)), 201)

    async def write_many(self, request: Request) -> Response:
        """One result for each message, in order; one that is refused does not stop the others."""
        messages = (await wire.body(request)).get("messages")
        if not isinstance(messages, list):
            raise Refusal(422, "malformed", "messages: expected a list.")
        return wire.answer({"written": [self._try(message) for message in messages]}, 201)

    def _try(self, message: Any) -> dict[str, Any]:
        try:
            return self._write(message if isinstance(message, dict) else {})
        except Refusal as refusal:
            return {"error": {"code": refusal.code, "message": refusal.message}}

    def _write(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._told("created", acts.write(self.site.network, forms.writing(body), self.site.now()))

    async def edit(self, request: Request) -> Response:
        text = forms.word(await wire.body(request), "text")
        return wire.answer(self._told("edited", acts.edit(self.site.network, request.path_params["id"], text)))

    async def delete(self, request: Request) -> Response:
        return wire.answer(self._told("deleted", acts.delete(self.site.network, request.path_params["id"])))

    def _told(self, verb: str, note: Note) -> dict[str, Any]:
        self.site.announce(verb, note)
        return {"id": note.id, "conversation_id": note.conversation_id}

    async def react(self, request: Request) -> Response:
        body = await wire.body(request)
        note = self.site.network.note(forms.word(body, "id"))
        self.site.announce_reaction(note, forms.word(body, "follower"), forms.optional(body, "name") or "like")
        return wire.answer({"id": note.id})

    async def write_in_person(self, request: Request) -> Response:
        body = await wire.body(request)
        network = self.site.network
        creator = network.account(forms.word(body, "creator"))
        thread = network.thread(forms.word(body, "conversation_id"))
        text, reply_to = forms.word(body, "text"), forms.optional(body, "reply_to")
        note = acts.write_in_person(network, creator, thread, text, reply_to, self.site.now())
        return wire.answer(self._told("created", note), 201)

    async def publish(self, request: Request) -> Response:
        body = await wire.body(request)
        creator = self.site.network.account(forms.word(body, "creator"))
        post = acts.publish(self.site.network, creator, forms.word(body, "text"), self.site.now())
        self.site.announce_post(post)
        return wire.answer({"id": post.id}, 201)

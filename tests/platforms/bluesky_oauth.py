"""The authorization server of the simulated Bluesky, as strict as the AT Protocol's profile of OAuth.

Requests must be pushed, with PKCE (S256) and a proof of possession that holds the server's nonce, a fresh `jti`, the
method and the address. Codes and refresh tokens count once; one that comes again ends the grant, as at the reference
server. Clients with a key must show it.
"""

import base64
import hashlib
import itertools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

ACCESS = timedelta(minutes=60)
SCOPES = ("atproto", "transition:generic", "transition:chat.bsky")
SKEW = 60  # seconds that a proof's time may be off


class No(Exception):
    """A refusal in the words of OAuth."""

    def __init__(self, error: str, said: str = "", status: int = 400) -> None:
        super().__init__(error)
        self.error, self.said, self.status = error, said or error, status


@dataclass(slots=True)
class Grant:
    did: str
    client_id: str
    client_key: str
    proof_key: str
    scope: str
    challenge: str
    redirect_uri: str
    code: str = ""
    refresh: str = ""
    access: str = ""
    ends_at: datetime | None = None
    before: list[str] = field(default_factory=list)  # refresh tokens that were used


class Home(Protocol):
    """What it needs of the platform."""

    url: str
    people: dict[str, Any]

    @property
    def now(self) -> datetime: ...


@dataclass
class Authorization:
    """`documents`: what stands at the addresses of clients. signs_in: who consents; '' says no."""

    home: Home
    documents: dict[str, Any] = field(default_factory=dict)
    signs_in: str = ""
    without: tuple[str, ...] = ()  # scopes that are not granted
    issuer: str = ""  # another one than it has
    servers: dict[str, str] = field(default_factory=dict)  # of accounts that live elsewhere

    def __post_init__(self) -> None:
        self.requests: dict[str, dict[str, str]] = {}
        self.grants: list[Grant] = []
        self.used: set[str] = set()  # what counts once: refresh tokens and jti
        self.nonces = {"as": "as-nonce-0", "rs": "rs-nonce-0"}
        self.nonces_asked = 0
        self._count = itertools.count(1)

    def turn_nonces(self) -> None:
        count = next(self._count)
        self.nonces = {name: f"{name}-nonce-{count}" for name in self.nonces}

    def revoke_all(self) -> None:
        """The creator takes the access away in Bluesky's settings."""
        self.grants.clear()

    # what it says of itself and of accounts -------------------------------------------------------------------------

    async def resource(self, request: Request) -> Response:
        return JSONResponse({"resource": self.home.url, "authorization_servers": [self.home.url]})

    async def server(self, request: Request) -> Response:
        base = self.home.url
        return JSONResponse(
            {
                "issuer": self.issuer or base,
                "authorization_endpoint": f"{base}/oauth/authorize",
                "token_endpoint": f"{base}/oauth/token",
                "pushed_authorization_request_endpoint": f"{base}/oauth/par",
                "revocation_endpoint": f"{base}/oauth/revoke",
                "require_pushed_authorization_requests": True,
                "authorization_response_iss_parameter_supported": True,
                "scopes_supported": list(SCOPES),
                "dpop_signing_alg_values_supported": ["ES256"],
            }
        )

    async def resolve(self, request: Request) -> Response:
        handle = request.query_params["handle"]
        found = [did for did, person in self.home.people.items() if person.handle == handle]
        if not found:
            return JSONResponse({"error": "InvalidRequest", "message": "Unable to resolve handle"}, 400)
        return JSONResponse({"did": found[0]})

    async def document(self, request: Request) -> Response:
        did = request.path_params["did"]
        if did not in self.home.people:
            return JSONResponse({"message": "DID not registered"}, 404)
        return JSONResponse(self.document_of(did))

    def document_of(self, did: str) -> dict[str, Any]:
        """Who an account is and where it lives."""
        server = self.servers.get(did, self.home.url)
        service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": server}
        known_as = [f"at://{self.home.people[did].handle}"]
        return {"id": did, "alsoKnownAs": known_as, "service": [service]}

    # its pages and calls --------------------------------------------------------------------------------------------

    async def push(self, request: Request) -> Any:
        given = await self._given(request)
        client = self._client(given)
        if given.get("code_challenge_method") != "S256" or len(given.get("code_challenge", "")) != 43:
            raise No("invalid_request", "PKCE with S256 is required")
        if not given.get("state") or given.get("response_type") != "code":
            raise No("invalid_request", "state and response_type")
        if given["redirect_uri"] not in client["redirect_uris"]:
            raise No("invalid_redirect_uri")
        asked = given["scope"].split()
        if "atproto" not in asked or not set(asked) <= set(client["scope"].split()) & set(SCOPES):
            raise No("invalid_scope")
        name = f"urn:ietf:params:oauth:request_uri:req-{next(self._count)}"
        self.requests[name] = given
        return {"request_uri": name, "expires_in": 299}, 201

    async def authorize(self, request: Request) -> Response:
        """The page, whose person has answered already."""
        asked = self.requests.pop(request.query_params.get("request_uri", ""), None)
        if asked is None or asked["client_id"] != request.query_params.get("client_id"):
            return Response("no such request was pushed", 400)
        back = {"state": asked["state"], "iss": self.home.url}
        if not self.signs_in:
            answer = {**back, "error": "access_denied", "error_description": "The user denied the request"}
            return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", 303)
        scope = " ".join(one for one in asked["scope"].split() if one not in self.without)
        bound = (asked["client_id"], asked.get("client_key", ""), asked["proof_key"])
        grant = Grant(self.signs_in, *bound, scope, asked["code_challenge"], asked["redirect_uri"])
        grant.code = f"cod-{next(self._count)}"
        self.grants.append(grant)
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({**back, 'code': grant.code})}", 303)

    async def token(self, request: Request) -> Any:
        given = await self._given(request)
        self._client(given)
        bound = (given["client_id"], given.get("client_key", ""), given["proof_key"])
        grant = self._by_code(given) if given["grant_type"] == "authorization_code" else self._by_refresh(given)
        if (grant.client_id, grant.client_key, grant.proof_key) != bound:
            raise No("invalid_grant", "the token was issued to another client or key")
        grant.refresh, grant.access = f"ref-{next(self._count)}", f"acc-{next(self._count)}"
        grant.ends_at = self.home.now + ACCESS
        tokens = {"access_token": grant.access, "refresh_token": grant.refresh, "token_type": "DPoP"}
        return {**tokens, "expires_in": int(ACCESS.total_seconds()), "scope": grant.scope, "sub": grant.did}, 200

    async def revoke(self, request: Request) -> Any:
        given = await self._given(request)
        self._client(given)
        self.grants = [one for one in self.grants if given["token"] not in (one.refresh, one.access)]
        return {}, 200

    async def _given(self, request: Request) -> dict[str, str]:
        """A call's fields and `proof_key`. An assertion counts once, also where the call is refused for its proof."""
        given = await _form(request)
        if assertion := given.get("client_assertion"):
            self._once(read(assertion)[1]["jti"], No("invalid_client", "the client_assertion was seen before", 401))
        return {**given, "proof_key": self._proof(request, "as")}

    def _once(self, jti: str, no: No) -> None:
        if jti in self.used:
            raise no
        self.used.add(jti)

    def _by_code(self, given: Mapping[str, str]) -> Grant:
        found = [one for one in self.grants if one.code == given["code"]]
        if not found or given["code"] in self.used or found[0].redirect_uri != given["redirect_uri"]:
            self.grants = [one for one in self.grants if one not in found]
            raise No("invalid_grant", "Invalid code")
        self.used.add(given["code"])
        if _packed(hashlib.sha256(given.get("code_verifier", "").encode()).digest()) != found[0].challenge:
            raise No("invalid_grant", "Invalid code_verifier")
        return found[0]

    def _by_refresh(self, given: Mapping[str, str]) -> Grant:
        token = given["refresh_token"]
        if token in self.used:
            self.grants = [one for one in self.grants if token not in one.before]
            raise No("invalid_grant", "Refresh token replayed")
        found = [one for one in self.grants if one.refresh == token]
        if not found:
            raise No("invalid_grant", "Invalid refresh token")
        self.used.add(token)
        found[0].before.append(token)
        return found[0]

    def _client(self, given: dict[str, str]) -> Mapping[str, Any]:
        """The client's document; one with a key must have signed."""
        name = given["client_id"]
        if name.startswith("http://localhost?"):
            asked = parse_qs(urlsplit(name).query)
            return {"redirect_uris": asked["redirect_uri"], "scope": asked["scope"][0]}
        client: dict[str, Any] | None = self.documents.get(name)
        if client is None or client["client_id"] != name or client["dpop_bound_access_tokens"] is not True:
            raise No("invalid_client_metadata", "Failed to fetch client information")
        if any(urlsplit(one).hostname != urlsplit(name).hostname for one in client["redirect_uris"]):
            raise No("invalid_redirect_uri", "must be under the same domain as client_id")
        if client["token_endpoint_auth_method"] == "private_key_jwt":
            given["client_key"] = self._assertion(given, client)
        return client

    def _assertion(self, given: Mapping[str, str], client: Mapping[str, Any]) -> str:
        if given.get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
            raise No("invalid_client", "a client_assertion is required", 401)
        header, claims = read(given["client_assertion"])
        keys = [one for one in client["jwks"]["keys"] if one["kid"] == header["kid"]]
        known = (claims["iss"], claims["sub"], claims["aud"]) == (client["client_id"],) * 2 + (self.home.url,)
        fresh = claims["iat"] <= time.time() + 1 and claims["exp"] > time.time()
        if not (keys and known and fresh and verified(given["client_assertion"], keys[0])):
            raise No("invalid_client", "the client_assertion does not hold", 401)
        return str(header["kid"])

    # proofs ---------------------------------------------------------------------------------------------------------

    def holder(self, request: Request) -> Grant:
        """Whose access token a call to the account's server carries."""
        token = request.headers["authorization"].removeprefix("DPoP ")
        key = self._proof(request, "rs", token)
        found = [one for one in self.grants if one.access == token and one.proof_key == key]
        if not found or found[0].ends_at is None or found[0].ends_at <= self.home.now:
            raise No("invalid_token", "the token is over", 401)
        return found[0]

    def _proof(self, request: Request, where: str, token: str = "") -> str:
        status = 401 if where == "rs" else 400
        shown = request.headers.getlist("dpop")
        if len(shown) != 1:
            raise No("invalid_dpop_proof", "one DPoP proof is required", status)
        header, claims = read(shown[0])
        jwk = header.get("jwk", {})
        if header.get("typ") != "dpop+jwt" or "d" in jwk or not verified(shown[0], jwk):
            raise No("invalid_dpop_proof", "the signature does not hold", status)
        place = f"{self.home.url}{request.url.path}"
        if (claims.get("htm"), claims.get("htu")) != (request.method, place):
            raise No("invalid_dpop_proof", "htm or htu is of another request", status)
        if abs(claims["iat"] - time.time()) > SKEW:
            raise No("invalid_dpop_proof", "it is old", status)
        self._once(claims["jti"], No("invalid_dpop_proof", "it was seen before", status))
        if claims.get("nonce") != self.nonces[where]:
            self.nonces_asked += 1
            raise No("use_dpop_nonce", "a nonce of this server is required", status)
        if token and claims.get("ath") != _packed(hashlib.sha256(token.encode()).digest()):
            raise No("invalid_dpop_proof", "ath is of another token", status)
        return json.dumps(jwk, sort_keys=True)

    def refusal(self, no: No, where: str) -> Response:
        """How a server says no: that of tokens in its body, that of accounts in a header too."""
        headers = {"dpop-nonce": self.nonces[where]}
        if where == "rs":
            headers["www-authenticate"] = f'DPoP error="{no.error}", error_description="{no.said}"'
        body = {"error": no.error, "error_description": no.said, "message": no.said}
        return JSONResponse(body, no.status, headers)

    def routes(self) -> list[BaseRoute]:
        posts = {"/oauth/par": self.push, "/oauth/token": self.token, "/oauth/revoke": self.revoke}
        return [
            Route("/.well-known/oauth-protected-resource", self.resource),
            Route("/.well-known/oauth-authorization-server", self.server),
            Route("/xrpc/com.atproto.identity.resolveHandle", self.resolve),
            Route("/oauth/authorize", self.authorize),
            *(Route(path, self._answering(act), methods=["POST"]) for path, act in posts.items()),
            Route("/{did:path}", self.document),
        ]

    def _answering(self, act: Any) -> Any:
        async def answer(request: Request) -> Response:
            try:
                body, status = await act(request)
            except No as no:
                return self.refusal(no, "as")
            return JSONResponse(body, status, {"dpop-nonce": self.nonces["as"]})

        return answer


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(), strict_parsing=True))


def read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWT."""
    header, claims, _ = token.split(".")
    return json.loads(unpacked(header)), json.loads(unpacked(claims))


def verified(token: str, jwk: Mapping[str, str]) -> bool:
    """Whether ES256 holds, written down here once more so that nobody checks their own sums."""
    said, _, signature = token.rpartition(".")
    raw = unpacked(signature)
    x, y = (int.from_bytes(unpacked(jwk[name])) for name in ("x", "y"))
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    try:
        whole = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        key.verify(whole, said.encode(), ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return len(raw) == 64


def unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

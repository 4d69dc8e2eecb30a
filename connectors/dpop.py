"""Tokens that are worth nothing without a key, which signs each request (DPoP, RFC 9449). Keys are P-256 (ES256)."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Generator, Mapping
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

Key = ec.EllipticCurvePrivateKey
NONCE = "dpop-nonce"
ASKED_FOR_NONCE = "use_dpop_nonce"
_SIZE = 32  # bytes of a number of the curve


def new_key() -> str:
    """A fresh private key, as text: it is what must be kept in secret."""
    made = ec.generate_private_key(ec.SECP256R1())
    return made.private_numbers().private_value.to_bytes(_SIZE).hex()


def key_of(text: str) -> Key:
    """The key of its text, 64 hexadecimal digits. Raises ValueError."""
    if len(text) != 2 * _SIZE:
        raise ValueError("a key has 64 hexadecimal digits")
    return ec.derive_private_key(int.from_bytes(bytes.fromhex(text)), ec.SECP256R1())


def public(key: Key) -> dict[str, str]:
    """Its public half as a JWK (RFC 7517)."""
    numbers = key.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": packed(numbers.x.to_bytes(_SIZE)), "y": packed(numbers.y.to_bytes(_SIZE))}


def thumbprint(jwk: Mapping[str, str]) -> str:
    """What names a public key (RFC 7638)."""
    named = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    return packed(hashlib.sha256(json.dumps(named, sort_keys=True, separators=(",", ":")).encode()).digest())


def signed(key: Key, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """A JWT, signed with ES256 (RFC 7515, RFC 7518 3.4)."""
    said = ".".join(packed(json.dumps(part).encode()) for part in ({**header, "alg": "ES256"}, claims))
    r, s = decode_dss_signature(key.sign(said.encode(), ec.ECDSA(SHA256())))
    return f"{said}.{packed(r.to_bytes(_SIZE) + s.to_bytes(_SIZE))}"


def proof(key: Key, method: str, url: httpx.URL, nonce: str = "", token: str = "") -> str:
    """The proof of one request, never of two (RFC 9449, 4.2). token: the access token that it goes with."""
    claims: dict[str, Any] = {
        "jti": secrets.token_urlsafe(16),
        "htm": method,
        "htu": str(url.copy_with(query=None, fragment=None)),
        "iat": int(time.time()),
    }
    if nonce:
        claims["nonce"] = nonce
    if token:
        claims["ath"] = packed(hashlib.sha256(token.encode()).digest())
    return signed(key, {"typ": "dpop+jwt", "jwk": public(key)}, claims)


def packed(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def asks_for_nonce(response: httpx.Response) -> bool:
    """A resource server says it in a header, a token endpoint in the body (RFC 9449, 8 and 9). Nothing was done."""
    if response.status_code not in (400, 401):
        return False
    if ASKED_FOR_NONCE in response.headers.get("www-authenticate", ""):
        return True
    try:
        said = response.json()
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("error") == ASKED_FOR_NONCE


class Proofs(httpx.Auth):
    """Puts a proof, and the token where there is one, on each request of a client.

    Each server's newest nonce is remembered. A request that is refused for its nonce is sent once more with the one
    that the refusal brought. again: makes it anew for that, where something in it counts once.
    """

    requires_response_body = True

    def __init__(self, key: Key, token: str = "", again: Callable[[], httpx.Request] | None = None) -> None:
        self._key = key
        self._token = token
        self._again = again
        self._nonces: dict[str, str] = {}

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        self._prove(request)
        response = yield request
        brought = self._note(response)
        if brought and asks_for_nonce(response):
            second = self._again() if self._again else request
            self._prove(second)
            self._note((yield second))

    def _prove(self, request: httpx.Request) -> None:
        nonce = self._nonces.get(_origin(request), "")
        request.headers["dpop"] = proof(self._key, request.method, request.url, nonce, self._token)
        if self._token:
            request.headers["authorization"] = f"DPoP {self._token}"

    def _note(self, response: httpx.Response) -> bool:
        nonce = response.headers.get(NONCE, "")
        if nonce:
            self._nonces[_origin(response.request)] = nonce
        return bool(nonce)


def _origin(request: httpx.Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc.decode()}"

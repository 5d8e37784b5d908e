"""Who may talk to the page: this machine, or who has the token; and nobody through another site's page.

Three things are checked. The Host header, so that a name which was made to point here cannot be used (DNS rebinding). The
token, where there is one, as a cookie that the browser got for it. And for everything that writes, the origin and a key
that only the page itself knows (cross-site request forgery).
"""

import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from flask import Flask, Response, abort, redirect, request

from ...problems import InputError, Problem, show

SHORTEST_TOKEN = 12
LARGEST_REQUEST = 64 * 1024
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def is_loopback(host: str) -> bool:
    """Whether an address reaches this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass
class Guard:
    """What is let in.

    Raises
    ------
    InputError
        When the page would be open to other machines without a token, or the token is too short to be one.
    """

    host: str
    port: int
    token: str = ""
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def __post_init__(self) -> None:
        mend = f"For instance: --token {secrets.token_hex(12)}"
        if not is_loopback(self.host) and not self.token:
            found = f"{show(self.host)} without --token"
            raise InputError(Problem("--host", found, "a token, since other machines could decide", mend))
        if self.token and len(self.token) < SHORTEST_TOKEN:
            expected = f"a token of {SHORTEST_TOKEN} characters or more"
            raise InputError(Problem("--token", f"{len(self.token)} characters", expected, mend))

    @property
    def address(self) -> str:
        """What to open in a browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/" + (f"?token={quote(self.token, safe='')}" if self.token else "")

    def protect(self, app: Flask) -> None:
        """Check every request to an application, and put headers on every answer."""
        app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
        app.before_request(self._check)
        app.after_request(_with_headers)

    def _check(self) -> Response | None:
        self._check_host()
        if self.token and not self._has_token():
            if request.path == "/" and hmac.compare_digest(request.args.get("token", "").encode(), self.token.encode()):
                answer = redirect("/")
                answer.set_cookie(self._cookie, self._proof, httponly=True, samesite="Lax")
                return answer  # type: ignore[return-value]
            abort(401, "This page needs its token: open the address that was printed where it was started.")
        if request.method not in ("GET", "HEAD"):
            self._check_writing()
        return None

    def _check_host(self) -> None:
        try:
            name = urlsplit(f"//{request.host}").hostname or ""
        except ValueError:
            name = ""
        anywhere = self.host in ("0.0.0.0", "::")  # the token must do
        if not (name == self.host.lower() or is_loopback(name) or anywhere):  # any port: a tunnel may have its own
            abort(421, f"This page does not answer to the name {show(request.host)}.")

    def _check_writing(self) -> None:
        origin = request.headers.get("Origin")
        if (origin is not None and origin != f"{request.scheme}://{request.host}") or request.headers.get(
            "Sec-Fetch-Site", "same-origin"
        ) != "same-origin":
            abort(403, "Only the page itself can write decisions.")
        if not hmac.compare_digest(request.headers.get("X-Prismake-Key", "").encode(), self.key.encode()):
            abort(403, "The page is from an earlier start: load it anew.")
        if request.mimetype != "application/json":
            abort(415, "Decisions are sent as JSON.")

    @property
    def _cookie(self) -> str:
        return f"prismake_{self.port}"

    @property
    def _proof(self) -> str:
        return hmac.new(self.token.encode(), b"prismake screening page", hashlib.sha256).hexdigest()

    def _has_token(self) -> bool:
        return hmac.compare_digest(request.cookies.get(self._cookie, "").encode(), self._proof.encode())


def _with_headers(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers[name] = value
    return answer

"""An HTTP request and its reply, whichever way they came: botocore's hook or a WSGI server."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

_PLAIN_HEADERS = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What a client sent.

    Attributes:
        method: the HTTP method.
        host: host and, if any, port.
        path: the path, still percent-encoded.
        query: the query string, without ``?``.
        headers: by lower-case name.
        body: the whole body.
    """

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> bool:
        """Whether the body is a form, as the Query protocols send it."""
        return self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What the client gets."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """One header, by lower-case name; empty when it is not there."""
        return next((value for key, value in self.headers if key.lower() == name), "")


def from_botocore(prepared: Any) -> HttpRequest:
    """The request that botocore was about to send (an ``AWSPreparedRequest``)."""
    url = urlsplit(prepared.url)
    headers = {key.lower(): _text(value) for key, value in prepared.headers.items()}
    return HttpRequest(
        method=prepared.method,
        host=url.netloc,
        path=url.path or "/",
        query=url.query,
        headers=headers,
        body=_body(prepared.body),
    )


def to_environ(request: HttpRequest) -> dict[str, Any]:
    """The WSGI environment that a server would make of the request."""
    name, _, port = request.host.partition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(request.path, "latin-1"),
        "RAW_URI": request.path,
        "QUERY_STRING": request.query,
        "SERVER_NAME": name,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for key, value in request.headers.items():
        environ[_PLAIN_HEADERS.get(key) or "HTTP_" + key.upper().replace("-", "_")] = value
    environ["HTTP_HOST"] = request.host
    environ["CONTENT_LENGTH"] = str(len(request.body))
    return environ


def from_environ(environ: Mapping[str, Any]) -> HttpRequest:
    """The request that a WSGI server received."""
    headers = {
        key.removeprefix("HTTP_").lower().replace("_", "-"): str(value)
        for key, value in environ.items()
        if key.startswith("HTTP_") or key in _PLAIN_HEADERS.values()
    }
    return HttpRequest(
        method=environ["REQUEST_METHOD"],
        host=headers.get("host") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}",
        path=environ.get("RAW_URI") or quote(environ.get("PATH_INFO") or "/", encoding="latin-1"),
        query=environ.get("QUERY_STRING", ""),
        headers=headers,
        body=environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)),
    )


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _body(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "read"):
        return bytes(body.read())
    return bytes(body)

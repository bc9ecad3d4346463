"""moto, in process: the plumbing behind every service but ECS, with its state kept apart.

moto keeps its state in module-level dictionaries and is not safe for threads. A `Moto` owns one
such state: whoever is asked has its own put in place first, under one lock of the process, so two
embedded AWSes in one process never see each other's resources and both may be the same account.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, ClassVar
from urllib.parse import urlencode

from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from moto.core.base_backend import BackendDict
from moto.moto_api._internal import mock_random

from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.wire.message import HttpReply, HttpRequest, to_environ
from ecsinfer.sandbox.wire.routing import identify, operation_model

_SEED = "ecsinfer"


class Moto:
    """One state of all of moto's services.

    Identifiers are drawn from a generator of its own, so equal calls get equal answers.

    Attributes:
        before: told service and region of every request before it is answered.
    """

    _in_place: ClassVar[Moto | None] = None
    _turn: ClassVar[threading.RLock] = threading.RLock()

    def __init__(self) -> None:
        self._backends: dict[Any, dict[str, Any]] = {}
        self._random: Any = type(mock_random)(_SEED).getstate()
        self.before: Callable[[str, str], None] = lambda _service, _region: None

    def ask(self, request: HttpRequest, identifier: str = "") -> HttpReply:
        """moto's reply to a request.

        Args:
            request: what is asked.
            identifier: the digits of the identifier of what is created.

        Raises:
            NotImplementedError: moto does not have the operation.
            Exception: whatever else moto stumbles over.
        """
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            started[:] = [int(status[:3]), tuple(headers)]

        asked = identify(request)
        self.before(asked.service, asked.region)
        with Moto._turn, _drawing(identifier):
            self._take_place()
            body = b"".join(_application()(to_environ(request), start_response))
        return HttpReply(started[0], started[1], body)

    @contextmanager
    def backend(self, service: str, account: str, region: str) -> Iterator[Any]:
        """moto's own records of a service, for what its API cannot tell or do."""
        from moto.backends import get_backend  # noqa: PLC0415  every service's module

        with Moto._turn:
            self._take_place()
            yield get_backend(service)[account][region]

    def _take_place(self) -> None:
        if Moto._in_place is self:
            return
        if Moto._in_place is not None:
            Moto._in_place.put_away()
        for backend, accounts in self._backends.items():
            backend.update(accounts)
            BackendDict._instances.append(backend)  # noqa: SLF001  moto's own list of what is in use
        mock_random.setstate(self._random)
        Moto._in_place = self

    def put_away(self) -> None:
        """Take this state out of moto's dictionaries and keep it."""
        in_use = BackendDict._instances  # noqa: SLF001  moto's own list of what is in use
        self._backends = {backend: dict(backend) for backend in in_use}
        for backend in in_use:
            backend.clear()
        in_use.clear()
        self._random = mock_random.getstate()


class ServiceUpstream:
    """moto asked for one service in one region: the `Upstream` that corrections get."""

    def __init__(self, moto: Moto, service: str, region: str) -> None:
        self._moto = moto
        self._service = service
        self._region = region

    def __call__(
        self, operation: str, request: Mapping[str, Any], identifier: str = ""
    ) -> dict[str, Any]:
        """moto's answer, as botocore would parse it.

        Args:
            operation: the API operation.
            request: its parameters.
            identifier: the digits of the identifier of what is created.

        Raises:
            ServiceError: moto refused.
        """
        model = operation_model(self._service, operation)
        reply = self._moto.ask(self._serialise(model, request), identifier)
        parsed: dict[str, Any] = create_parser(model.service_model.resolved_protocol).parse(
            {
                "status_code": reply.status,
                "headers": {key.lower(): value for key, value in reply.headers},
                "body": reply.body,
            },
            model.output_shape,
        )
        if reply.status >= 300:
            error = parsed.get("Error", {})
            raise ServiceError(error.get("Code", ""), error.get("Message", ""), reply.status)
        parsed.pop("ResponseMetadata", None)
        return parsed

    def _serialise(self, model: Any, request: Mapping[str, Any]) -> HttpRequest:
        wire = create_serializer(model.service_model.resolved_protocol).serialize_to_request(
            request, model
        )
        body = wire["body"]
        if isinstance(body, dict):
            body = urlencode(body)
        name = model.service_model.signing_name
        headers = {key.lower(): str(value) for key, value in wire["headers"].items()}
        headers["authorization"] = credential_scope(name, self._region)
        return HttpRequest(
            method=wire["method"],
            host="127.0.0.1",
            path=wire["url_path"],
            query=urlencode(wire["query_string"]),
            headers=headers,
            body=body.encode() if isinstance(body, str) else body,
        )


def credential_scope(signing_name: str, region: str) -> str:
    """An Authorization header that says whom a request is for; nobody checks signatures here."""
    scope = f"sandbox/20260105/{region}/{signing_name}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


@cache
def _application() -> Any:
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415  flask, at the first request for moto
        DomainDispatcherApplication,
        create_backend_app,
    )

    dispatcher = DomainDispatcherApplication(create_backend_app)
    # moto lists its own directory for every request, and it is the same every time.
    vars(dispatcher)["get_backend_for_host"] = cache(dispatcher.get_backend_for_host)
    return dispatcher


@contextmanager
def _drawing(identifier: str) -> Iterator[None]:
    """Have moto draw these digits first: it begins with the identifier of what it creates."""
    if not identifier:
        yield
        return
    digits = iter(identifier)
    draw = mock_random.choice
    mock_random.choice = lambda options: next(digits, None) or draw(options)
    try:
        yield
    finally:
        del mock_random.choice

"""The one application: every request of every service, in process or over a socket.

ECS is answered by our own handlers; other services by moto, where need be through a correction.
What nobody answers is refused by name, never answered with a wrong success.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple
from wsgiref.types import StartResponse

from ecsinfer.sandbox import registry
from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.scenario import Fault, Scenario
from ecsinfer.sandbox.state import World
from ecsinfer.sandbox.wire import protocol
from ecsinfer.sandbox.wire.buckets import Rates
from ecsinfer.sandbox.wire.faults import ConnectionCutError, Faults
from ecsinfer.sandbox.wire.lag import Lag
from ecsinfer.sandbox.wire.message import HttpReply, HttpRequest, from_environ
from ecsinfer.sandbox.wire.routing import (
    Asked,
    form_of,
    identify,
    operation_model,
    regions,
    service_model,
)
from ecsinfer.sandbox.wire.upstream import Moto, ServiceUpstream

CALLS_KEPT = 100_000


class ApiCall(NamedTuple):
    """One request that came, whatever became of it."""

    service: str
    operation: str
    params: dict[str, Any]


class Application:
    """Answers requests against the worlds of one embedded AWS.

    Args:
        world_of: the world of a region.
        lock: held while a request is answered.
        scenario: what befalls calls.
        wait: lets the scenario's latency pass.

    Attributes:
        calls: every request so far.
        faults: what befalls single calls; may be changed at any time.
        moto: the state of every service but ECS.
    """

    def __init__(
        self,
        world_of: Callable[[str], World],
        lock: threading.RLock,
        scenario: Scenario,
        wait: Callable[[float], None],
    ) -> None:
        self._world_of = world_of
        self._lock = lock
        self._wait = wait
        self.calls: list[ApiCall] = []
        self.moto = Moto()
        self.behave(scenario)

    def __call__(
        self, environ: Mapping[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer as a WSGI application, under whatever server.

        A fault that cuts the connection ends in `ConnectionCutError`, which a server answers by
        closing it.
        """
        reply = self.answer(from_environ(environ))
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", list(reply.headers))
        return [reply.body]

    def answer(self, request: HttpRequest) -> HttpReply:
        """The reply to a request.

        Raises:
            ConnectionCutError: a fault wants that there is none.
        """
        if self._scenario.latency:
            self._wait(self._scenario.latency)
        asked = identify(request)
        with self._lock:
            fault = self.faults.due(asked.service, asked.operation)
            if fault is not None and fault.kind == "reset":
                self._record(asked, {})
                raise ConnectionCutError(applied=False)
            reply = self._reply(asked, request, fault)
        if fault is not None and fault.kind == "lost":
            raise ConnectionCutError(applied=True)
        return reply

    def apologise(self, request: HttpRequest, error: Exception) -> HttpReply:
        """The reply when a bug of ours kept `answer` from making one."""
        asked = identify(request)
        bug = ServiceError(
            "InternalFailure",
            f"The simulated {asked.service} has a bug in {asked.operation}: "
            f"{type(error).__name__}: {error}",
            500,
        )
        return protocol.refuse(_protocol_of(asked, request), bug, "-")

    def behave(self, scenario: Scenario) -> None:
        """From now on, have befall calls what the scenario says."""
        self._scenario = scenario
        self._rates = Rates()
        self._lag = Lag(scenario.describe_lag)
        self.faults = Faults(scenario.faults)

    def _reply(self, asked: Asked, request: HttpRequest, fault: Fault | None) -> HttpReply:
        world = self._world_of(asked.region)
        request_id = world.uuid()
        params: dict[str, Any] = {}
        try:
            try:
                params = _parameters(asked, request)
            finally:
                self._record(asked, params)
            self._admit(world, asked, fault)
            return self._dispatch(world, asked, request, params, request_id)
        except ServiceError as error:
            return protocol.refuse(_protocol_of(asked, request), error, request_id)

    def _admit(self, world: World, asked: Asked, fault: Fault | None) -> None:
        if fault is not None and fault.kind == "error":
            raise ServiceError(fault.code, fault.text, fault.status)
        if asked.region not in regions():
            # Of AWS there would be no host of that name to ask.
            raise ServiceError("InvalidRegion", f"There is no region {asked.region}.")
        if self._scenario.api_buckets and asked.service == "ecs":
            self._rates.take(asked.region, asked.operation, world.now())

    def _record(self, asked: Asked, params: dict[str, Any]) -> None:
        if len(self.calls) >= CALLS_KEPT:
            del self.calls[: CALLS_KEPT // 2]
        self.calls.append(ApiCall(asked.service, asked.operation, params))

    def _dispatch(
        self,
        world: World,
        asked: Asked,
        request: HttpRequest,
        params: dict[str, Any],
        request_id: str,
    ) -> HttpReply:
        handle = self._handler(world, asked, params)
        if handle is None:
            return self._plain_moto(asked, request)
        operation = operation_model(asked.service, asked.operation)
        try:
            answer = self._lag.through(world, asked.operation, params, handle)
        except registry.LeftToMotoError:
            return self._plain_moto(asked, request)
        return protocol.write(operation, answer, request_id)

    def _handler(
        self, world: World, asked: Asked, params: dict[str, Any]
    ) -> Callable[[], dict[str, Any]] | None:
        """Our own answer to a request; None when it is moto's alone."""
        if asked.service == "ecs":
            handler = registry.ECS.get(asked.operation)
            if handler is None:
                raise _unsupported(asked)
            return partial(handler, world, params)
        corrector = registry.CORRECTIONS.get((asked.service, asked.operation))
        if corrector is None:
            return None
        return partial(
            corrector, world, params, ServiceUpstream(self.moto, asked.service, asked.region)
        )

    def _plain_moto(self, asked: Asked, request: HttpRequest) -> HttpReply:
        try:
            reply = self.moto.ask(request)
        except NotImplementedError as error:
            raise _unsupported(asked) from error
        except Exception as error:
            raise ServiceError(
                "InternalFailure",
                f"The simulated {asked.service} stumbled over {asked.operation}: "
                f"{type(error).__name__}: {error}",
                500,
            ) from error
        if reply.status >= 400 and reply.header("content-type").startswith("text/html"):
            raise _unsupported(asked)
        return reply


def _parameters(asked: Asked, request: HttpRequest) -> dict[str, Any]:
    operation = operation_model(asked.service, asked.operation)
    ours = asked.service == "ecs" or (asked.service, asked.operation) in registry.CORRECTIONS
    if operation is not None and ours:
        return protocol.read(operation, request)
    if request.form:
        return dict(form_of(request))
    if "x-amz-target" in request.headers and request.body:
        params = json.loads(request.body)
        return params if isinstance(params, dict) else {}
    return {}


def _unsupported(asked: Asked) -> ServiceError:
    return ServiceError(
        "UnsupportedFeatureException",
        f"The simulated {asked.service or 'AWS'} does not have the operation {asked.operation}.",
    )


def _protocol_of(asked: Asked, request: HttpRequest) -> str:
    """The protocol in which the client reads an error."""
    if "smithy-protocol" in request.headers:
        return "smithy-rpc-v2-cbor"
    if "x-amz-target" in request.headers:
        return "json"
    model = service_model(asked.service) if asked.service else None
    return str(model.resolved_protocol) if model is not None else "query"

"""AWS by script: real botocore on one side, a table of answers on the other.

Requests are serialised, answers parsed and errors raised by botocore itself; only the socket is
missing.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders


class Refused(Exception):
    """An error answer."""

    def __init__(
        self, code: str, message: str = "", status: int = 400, headers: Mapping[str, str] = {}
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status
        self.headers = headers


Reply: TypeAlias = Mapping[str, Any] | Exception
Script: TypeAlias = Reply | list[Reply] | Callable[[Mapping[str, Any]], Reply]


class Wire:
    """A boto3 session whose JSON services answer by operation name.

    A list is used up from the front, its last entry stays; an exception of botocore is raised as
    if the transport had failed.
    """

    def __init__(self, answers: Mapping[str, Script]) -> None:
        self.answers = dict(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.session = boto3.Session(
            aws_access_key_id="testing", aws_secret_access_key="testing", region_name="us-east-1"
        )
        events: Any = self.session.events
        events.register("before-send", self._answer)

    def asked_for(self, operation: str) -> list[dict[str, Any]]:
        """The parameters of every request for one operation."""
        return [params for name, params in self.asked if name == operation]

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        params = json.loads(request.body)
        self.asked.append((operation, params))
        reply = self._reply(operation, params)
        headers = {"x-amzn-requestid": "request-1"}
        status = 200
        if isinstance(reply, Refused):
            headers |= reply.headers
            status = reply.status
            reply = {"__type": reply.code, "message": reply.message}
        elif isinstance(reply, Exception):
            raise reply
        return AWSResponse(request.url, status, HTTPHeaders.from_dict(headers), _body(reply))

    def _reply(self, operation: str, params: Mapping[str, Any]) -> Reply:
        script = self.answers[operation]
        if callable(script):
            return script(params)
        if isinstance(script, list):
            return script.pop(0) if len(script) > 1 else script[0]
        return script


class _Body(io.BytesIO):
    def stream(self, **_: Any) -> Any:
        yield self.read()


def _body(reply: Mapping[str, Any]) -> _Body:
    return _Body(json.dumps(reply).encode())

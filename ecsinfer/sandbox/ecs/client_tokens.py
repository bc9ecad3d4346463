"""Client tokens: by which AWS knows a request that it has answered before (D2)."""

from __future__ import annotations

import re
from typing import Any

from ecsinfer.sandbox.errors import invalid_parameter
from ecsinfer.sandbox.registry import Request

_ALLOWED = re.compile(r"[!-~]*")


def client_token(request: Request, longest: int) -> str:
    """The request's token; empty when it has none.

    Raises:
        ServiceError: InvalidParameterException; it is too long, or not printable ASCII.
    """
    token = str(request.get("clientToken", ""))
    if len(token) > longest:
        raise invalid_parameter(f"idempotency token longer than {longest}.")
    if not _ALLOWED.fullmatch(token):
        raise invalid_parameter("idempotency token has characters that are not allowed.")
    return token


def arguments(request: Request) -> dict[str, Any]:
    """What a repeated request must have in common with the first."""
    return {key: value for key, value in request.items() if key != "clientToken"}

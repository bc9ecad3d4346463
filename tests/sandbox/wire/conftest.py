"""Handlers of a test's own in front of the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pytest

from ecsinfer.sandbox import registry
from ecsinfer.sandbox.embedded import Sandbox

Answers: TypeAlias = Callable[[str, Any], list[Mapping[str, Any]]]


@pytest.fixture
def answers(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Have an ECS operation answer a value; returns the requests that its handler gets."""
    sandbox.world_of(sandbox.region)  # the rooms have registered theirs

    def answer(operation: str, value: Any) -> list[Mapping[str, Any]]:
        requests: list[Mapping[str, Any]] = []

        def handler(_: Any, request: Mapping[str, Any]) -> Any:
            requests.append(request)
            return value

        monkeypatch.setitem(registry.ECS, operation, handler)
        return requests

    return answer

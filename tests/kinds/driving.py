"""Drives a kind's observation with canned answers, and validates its calls as botocore would."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from ecsinfer.model import Answer, Call, Observation, Read, Settle, Step

Answers = Mapping[str, Any]
"""Operation -> its answer, or a function of the read; operations without entry answer nothing."""


def drive(observation: Observation[Any], answers: Answers) -> Any:
    """What the kind saw."""
    return rounds(observation, answers)[0]


def rounds(observation: Observation[Any], answers: Answers) -> tuple[Any, list[list[Read]]]:
    """What the kind saw, and what it asked in each round trip."""
    asked: list[list[Read]] = []
    try:
        reads = next(observation)
        while True:
            asked.append(list(reads))
            reads = observation.send(tuple(_answer(read, answers) for read in reads))
    except StopIteration as stop:
        return stop.value, asked


def _answer(read: Read, answers: Answers) -> Answer:
    validate(read.service, read.operation, read.params)
    found = answers.get(read.operation, {})
    answer: Answer = found(read) if callable(found) else found
    return answer


def calls(steps: tuple[Step, ...]) -> list[Call]:
    """The calls among the steps, each of which AWS's model must accept (L6)."""
    found = [step for step in steps if isinstance(step, Call)]
    for call in found:
        validate(call.service, call.operation, call.params)
    return found


def outline(steps: tuple[Step, ...]) -> list[str]:
    """The steps as operations and ``ready`` or ``gone``."""
    calls(steps)
    return [step.goal if isinstance(step, Settle) else step.operation for step in steps]


@functools.cache
def service_model(service: str) -> Any:
    """botocore's model of a service."""
    return botocore.session.get_session().get_service_model(service)


def enum(shape: str) -> tuple[str, ...]:
    """Every value of an ECS enum."""
    return tuple(service_model("ecs").shape_for(shape).enum)


def validate(service: str, operation: str, params: Mapping[str, Any]) -> None:
    """Refuse what botocore would refuse, offline."""
    shape = service_model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(params, shape)
    assert not report.has_errors(), f"{operation}: {report.generate_report()}"

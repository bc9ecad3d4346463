from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ecsinfer.spec.api_form import Against, fit
from ecsinfer.spec.aws_model import shapes
from ecsinfer.spec.reading import parse
from ecsinfer.spec.tree import plain
from tests.data import registrable_task_definitions
from tests.spec.support import text_of

ECS = Against(shapes("ecs"))


@pytest.mark.rule("C10")
def test_every_real_task_definition_that_aws_takes_fits() -> None:
    for name, request in registrable_task_definitions().items():
        node = parse(text_of(request), str(Path(name)))
        fitted = fit(node, "RegisterTaskDefinitionRequest", ECS, (), whole=True)
        assert fitted.misfits == ()
        assert fitted.node == node


@pytest.mark.parametrize(
    ("text", "shape", "whole", "kept"),
    [
        ("{name: a, cpu: many}", "ContainerDefinition", True, {"name": "a"}),
        ("{cpu: 1}", "ContainerDefinition", True, None),
        ("{cpu: 1, memory: null}", "ContainerDefinition", False, {"cpu": 1, "memory": None}),
        ("{name: a, command: [b, 1]}", "ContainerDefinition", True, {"name": "a", "command": ["b"]}),
        ("{stepPercent: 1" + "0" * 400 + "}", "LinearConfiguration", True, {}),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_left_out_so_that_the_rest_can_be_checked(
    text: str, shape: str, whole: bool, kept: Any
) -> None:
    fitted = fit(parse(text, "f"), shape, ECS, (), whole=whole)
    assert (None if fitted.node is None else plain(fitted.node)) == kept
    assert bool(fitted.misfits) == (kept != plain(parse(text, "f")))

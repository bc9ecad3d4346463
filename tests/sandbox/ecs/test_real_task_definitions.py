from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecsinfer.sandbox.embedded import Sandbox
from tests.data import REFUSED, as_request, real_task_definitions

DEFINITIONS = real_task_definitions()


@pytest.fixture(scope="module")
def real() -> Any:
    return Sandbox(furnished=False).session().client("ecs")


@pytest.mark.rule("C10")
@pytest.mark.parametrize("name", sorted(set(DEFINITIONS) - set(REFUSED)))
def test_a_real_definition_describes_back_as_what_registers_the_same_again(
    real: Any, name: str
) -> None:
    first = registered(real, DEFINITIONS[name])
    content = as_request(first)
    second = registered(real, content)
    assert as_request(second) == content
    assert second["revision"] == first["revision"] + 1


@pytest.mark.rule("C10")
@pytest.mark.parametrize("name", sorted(set(DEFINITIONS) - set(REFUSED)))
def test_nothing_that_was_sent_is_lost(real: Any, name: str) -> None:
    sent, answer = DEFINITIONS[name], registered(real, DEFINITIONS[name])
    assert {key for key in sent if key != "tags"} <= set(answer)
    for asked, got in zip(
        sent["containerDefinitions"], answer["containerDefinitions"], strict=True
    ):
        assert set(asked) <= set(got)
        assert {item["name"] for item in asked.get("environment", ())} == {
            item["name"] for item in got["environment"]
        }
    assert all(answer[key].isdecimal() for key in {"cpu", "memory"} & set(answer))


def test_real_definitions_are_refused_only_for_reasons_of_aws(real: Any) -> None:
    reasons: Counter[str] = Counter()
    for name, reason in REFUSED.items():
        with pytest.raises(ClientError) as caught:
            registered(real, DEFINITIONS[name])
        assert caught.value.response["Error"]["Message"].startswith(reason)
        reasons[reason] += 1
    assert (len(DEFINITIONS), reasons.total(), len(reasons)) == (138, 11, 5)


def registered(ecs: Any, request: dict[str, Any]) -> dict[str, Any]:
    return dict(ecs.register_task_definition(**request)["taskDefinition"])

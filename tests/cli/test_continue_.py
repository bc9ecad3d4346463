"""``ecsinfer continue``: a PAUSE hook is named while it waits, and answered."""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.cli.continue_ import answer
from ecsinfer.cli.rollback import go_back
from ecsinfer.errors import PreflightError
from ecsinfer.events import Waiting
from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.scenario import Fault
from tests.cli.operating import V1, V2, Operator, deployed, operator

PAUSED: dict[str, Any] = {
    "health": {"grace": "10m"},
    "load_balancer": {
        "target_group": furniture.IP_TARGETS,
        "alternate_target_group": furniture.IP_TARGETS_ALTERNATE,
        "production_rule": furniture.PRODUCTION_RULE,
        "role": furniture.INFRASTRUCTURE_ROLE,
    },
    "rollout": {
        "strategy": "blue-green",
        "bake": 0,
        "circuit_breaker": {"enable": False},
        "hooks": [{"type": "pause", "stages": ["POST_SCALE_UP"], "timeout": "60m"}],
    },
}


@pytest.fixture
def someone(sandbox: Sandbox) -> Operator:
    """Somebody whose second version waits at a PAUSE hook."""
    deployed(sandbox, V1, **{**PAUSED, "rollout": {**PAUSED["rollout"], "hooks": []}})
    waiting = operator(sandbox, V2, **PAUSED)
    assert waiting.deploy(timeout=900).status == "timed-out"
    told = [event.why for event in waiting.events if isinstance(event, Waiting)]
    assert "PAUSE hook" in told[-1]
    assert "`ecsinfer continue --rollback` goes back" in told[-1]
    assert "the new revision has 0 % of the traffic" in told[-1]
    return operator(sandbox, V2, **PAUSED)


@pytest.mark.rule("D20")
def test_a_pause_is_answered_and_the_deployment_followed_to_its_end(someone: Operator) -> None:
    assert answer(someone.session, None) == 0
    assert someone.writes == ["ContinueServiceDeployment"]
    assert someone.revision == 2
    assert someone.service.history[0].state == "SUCCESSFUL"


@pytest.mark.rule("D20")
def test_no_goes_back_and_that_is_the_wanted_end(someone: Operator) -> None:
    assert answer(someone.session, "llm", rollback=True) == 0
    assert someone.writes == ["ContinueServiceDeployment"]
    assert someone.revision == 1


def test_rollback_stops_a_deployment_that_waits_too(someone: Operator) -> None:
    assert go_back(someone.session, "llm") == 0
    assert someone.writes == ["StopServiceDeployment"]
    assert someone.revision == 1


def test_who_continues_while_somebody_goes_back_is_told_that_it_failed(
    someone: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(someone.session, "llm", rollback=True, wait=False) == 0
    other = operator(someone.sandbox, V2, **PAUSED)
    assert answer(other.session, "llm") == 3
    assert other.writes == []
    assert "rolled back" in capsys.readouterr().err


@pytest.mark.rule("I7")
def test_a_lost_answer_is_not_given_twice(someone: Operator) -> None:
    someone.sandbox.faults.add(Fault("ContinueServiceDeployment", kind="lost"))
    assert answer(someone.session, "llm") == 0
    assert someone.writes == ["ContinueServiceDeployment"]


def test_where_nothing_goes_on_there_is_nothing_to_continue(sandbox: Sandbox) -> None:
    with pytest.raises(PreflightError, match="no deployment goes on"):
        answer(deployed(sandbox, V1).session, "llm")

"""L1, L2, L3, L5, L6, L7: over generated specs, and worlds that have a past."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ecsinfer import events
from ecsinfer.aws.validation import Models
from ecsinfer.errors import EcsInferError
from ecsinfer.model import Call, unbound
from ecsinfer.reconcile.planner import normal
from ecsinfer.sandbox import furniture
from ecsinfer.spec import Spec
from tests.laws import neighbours
from tests.laws.contents import contents, ours
from tests.laws.drift import DRIFTS
from tests.laws.world import Account, Door, KilledError, Run, busy
from tests.spec.strategies import documents

MODELS = Models()
PASTS = ("nothing", "an earlier version", "a killed deploy", "a killed destroy")


def earlier(document: dict[str, Any]) -> Spec:
    """What the application was before somebody edited its spec."""
    before = copy.deepcopy(document)
    for service in before["services"].values():
        service["image"] = f"{furniture.VLLM}:v1"
        service["environment"] = {"MODEL": "old"}
        service.pop("command", None)
        service.pop("rollout", None)
        if service.pop("scaling", None) is None:
            service["replicas"] = 1
    for provider in before["capacity"].values():
        if "auto_scaling_group" in provider:
            provider["target_capacity"] = 50
    return Spec.model_validate(before)


def kill_at(number: int) -> Any:
    """Ends the process before the write of that number."""

    def kill(door: Door, now: str) -> None:
        if now == "write" and len(door.executed) > number:
            raise KilledError

    return kill


def live_through(account: Account, document: dict[str, Any], past: str, number: int) -> None:
    """What happened to the application before."""
    spec = Spec.model_validate(document)
    if past == "an earlier version":
        account.deploy(earlier(document))
    elif past == "a killed deploy":
        account.deploy(spec, kill=kill_at(number))
    elif past == "a killed destroy":
        account.deploy(spec)
        account.destroy(spec, kill=kill_at(number))


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    document=documents(),
    past=st.sampled_from(PASTS),
    number=st.integers(0, 8),
    drifts=st.lists(st.sampled_from(sorted(DRIFTS)), unique=True, max_size=3),
)
def test_the_laws_hold_for_any_spec_in_any_world(
    document: dict[str, Any], past: str, number: int, drifts: list[str]
) -> None:
    spec, account = Spec.model_validate(document), Account()
    event(past)
    neighbours.move_in(account)
    neighbourhood = contents(account)
    live_through(account, document, past, number)
    for name in drifts:
        DRIFTS[name](account, spec)

    run = planned(account, spec)
    applied(run)
    again = planned(account, spec)
    assert again.plan.empty, busy(again.plan)  # L3
    assert again.apply().status == "nothing-to-do"

    removal = planned(account, spec, destroy=True)
    applied(removal)
    kept = {each.node for each in removal.events if isinstance(each, events.Retained)}
    left = ours(account, spec.name)
    assert {f"cluster/{each['clusterName']}" for each in left.pop("clusters", ())} <= kept
    assert left == {}  # L5
    assert account.destroy(spec).writes == []
    assert without(spec, contents(account)) == without(spec, neighbourhood)


def planned(account: Account, spec: Spec, *, destroy: bool = False) -> Run:
    """The plan, which has changed nothing (L1) and whose calls AWS would take (L6)."""
    seen = len(account.sandbox.calls)
    run = account.prepare(spec, destroy=destroy)
    asked = {call.operation for call in account.sandbox.calls[seen:]}
    assert all(each.startswith(("Describe", "List", "Get", "BatchGet")) for each in asked)
    assert run.writes == []
    for call in run.plan.calls:
        MODELS.check(call)
    return run


def applied(run: Run) -> None:
    """The plan is carried out by its own calls and no others (L2), and told in order (L7)."""
    outcome = run.apply()
    assert outcome.error == ""
    assert outcome.exit_code == 0
    # An instance that has come since the plan keeps its cluster: a destroy then does less (A11).
    kept = {each.node for each in run.events if isinstance(each, events.Retained)}
    executed = run.door.executed
    sent_calls = [normal(call) for call in executed]
    promises = [
        step
        for action in run.plan.actions
        for step in action.steps
        if isinstance(step, Call)
        and action.node not in kept
        # What AWS has removed in its own time since the plan is not removed again (E12).
        and ("gone" not in step.retry_on or normal(step) in sent_calls)
    ]
    assert [call.operation for call in executed] == [call.operation for call in promises]
    for sent, promised in zip(executed, promises, strict=True):
        assert not unbound(sent.params)
        assert unbound(promised.params) or normal(sent) == normal(promised)
        MODELS.check(sent)
    told(run)


def told(run: Run) -> None:
    """The events of a run: begun and ended once, each call within its action, all of them JSON."""
    assert isinstance(run.events[0], events.Planned)
    assert isinstance(run.events[-1], events.Finished)
    open_actions: set[str] = set()
    for each in run.events:
        assert events.from_json(json.loads(json.dumps(events.to_json(each)))) == each
        if isinstance(each, events.ActionStarted):
            open_actions.add(each.node)
        elif isinstance(each, events.CallSent | events.Waiting):
            assert each.node in open_actions
        elif isinstance(each, events.ActionFinished):
            open_actions.remove(each.node)
    assert open_actions == set()


def without(spec: Spec, found: dict[str, Any]) -> dict[str, Any]:
    """What is not the application's: log groups stay, and the cluster may have to."""
    return {
        **found,
        "clusters": [
            each for each in found["clusters"] if each["clusterName"] != spec.cluster_name
        ],
        "log groups": [
            each
            for each in found["log groups"]
            if not each["logGroupName"].startswith("/ecsinfer/")
        ],
    }


@pytest.mark.parametrize("operation", ["CreateCluster", "DeleteService", "TagResource"])
def test_while_planning_the_door_lets_no_write_through(operation: str) -> None:
    account = Account()
    door = Door(account.session, account.sandbox)
    with door.planning(), pytest.raises(EcsInferError, match="while planning"):
        door.execute(Call("ecs", operation, {}), lambda _why, _seconds: None)
    assert account.sandbox.calls == []

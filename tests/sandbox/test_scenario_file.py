"""Scenarios in YAML: what is right is read, what is wrong is told at once."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from ecsinfer.sandbox import scenario_file
from ecsinfer.sandbox.scenario import Fault, ImageBehaviour, Scenario, Timings
from ecsinfer.sandbox.scenario_file import ScenarioError, load, seconds


def test_nothing_is_the_default_scenario() -> None:
    assert load("") == Scenario()


def test_the_documented_example_is_a_scenario() -> None:
    documentation = inspect.getdoc(scenario_file) or ""
    scenario = load(documentation.partition("::\n")[2])

    assert scenario.name == "a bad day"
    assert scenario.timings == Timings(boot=120, pull=300, load=90)
    assert scenario.images[0] == ("*/llm:broken", ImageBehaviour(behaviour="crash"))
    assert scenario.images[1][1].logs == ("CUDA out of memory",)
    assert scenario.no_capacity == ("us-east-1a", "p5.48xlarge", "g5.xlarge@us-east-1b")
    assert (scenario.vcpu_quota, scenario.api_buckets) == (64, True)
    assert scenario.namespaces == "arn"
    assert (scenario.describe_lag, scenario.latency) == (20, 0.05)
    assert scenario.faults[0] == Fault("CreateService", kind="lost")
    assert scenario.faults[2].status == 503


def test_a_scenario_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "slow.yaml"
    file.write_text("timings: {boot: 10m}")

    assert load(file).timings.boot == 600


def test_every_problem_is_told_at_once_with_the_keys_there_are() -> None:
    text = """
        nme: x
        timings: {bot: 5m, pull: soon}
        images: {"*": explode}
        vcpu_quota: many
        no_capacity: us-east-1a
        api_buckets: 1
        faults: [{kind: lost}, {operation: X, nth: true}]
    """
    with pytest.raises(ScenarioError) as raised:
        load(text)

    told = dict(problem.split(": ", 1) for problem in raised.value.problems)
    assert told["scenario"].startswith("no key 'nme'; there are: api_buckets, daemons_protected")
    assert "no key 'bot'; there are: attachments, boot" in told["timings"]
    assert told["timings.pull"].startswith("'soon' is not a time")
    assert told["images[*].behaviour"].startswith("'explode' is none of: run, crash")
    assert told["vcpu_quota"] == "'many' is not a whole number"
    assert told["no_capacity"] == "'us-east-1a' is not a list"
    assert told["api_buckets"] == "1 is not true or false"
    assert told["faults[0]"] == "the key 'operation' is required"
    assert told["faults[1].nth"] == "True is not a whole number"
    assert len(told) == 9


@pytest.mark.parametrize("text", ["- a list", "just text", "{unclosed: ["])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError):
        load(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [(90, 90), ("90", 90), ("500ms", 0.5), ("5m", 300), ("1h30m", 5400), ("1 h 5 s", 3605)],
)
def test_times_are_seconds_or_human_units(text: str | int, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", [-1, True, None, "5 parsecs", "", "m"])
def test_what_is_no_time_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="not a time"):
        seconds(text)

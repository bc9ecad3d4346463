"""``ecsinfer logs`` on the embedded AWS, in process and on its clock."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from ecsinfer.cli.logs import Look, go_on, show, show_failed
from ecsinfer.cli.main import run
from ecsinfer.cli.options import Common
from ecsinfer.cli.session import Session
from ecsinfer.errors import PreflightError, UsageError
from ecsinfer.events import VERSION
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.scenario import Fault, ImageBehaviour, Scenario
from tests.cli.operating import CRASH, V1, V2, Operator, deployed, operator

HOUR = 3600.0
NO_ROLLBACK = {"rollout": {"circuit_breaker": {"enable": True, "rollback": False}}}
SIDECAR = {"sidecars": {"agent": {"image": "example.com/agent:1", "resources": {"memory": 128}}}}


def looking(someone: Operator, **how: Any) -> Look:
    someone.session.simulated = False  # its clock is the world's: no server is to be asked
    someone.events.clear()
    return Look(someone.session, "llm", **how)


def tasks(sandbox: Sandbox, **which: Any) -> set[str]:
    """Short ids of the service's tasks."""
    return {
        task.arn.rpartition("/")[2][:8]
        for task in sandbox.world.tasks.values()
        if all(getattr(task, name) == value for name, value in which.items())
    }


def shown(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str, str]]:
    """Time, task and the rest of every line on standard output."""
    lines = capsys.readouterr().out.splitlines()
    heads = [
        (*line.partition("| ")[0].split(maxsplit=1), line.partition("| ")[2]) for line in lines
    ]
    return [(time, task.strip(), text) for time, task, text in heads]


def test_lines_of_all_tasks_come_in_order_of_time_each_with_its_task(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    someone = deployed(sandbox, V1, replicas=3)
    assert show(looking(someone), HOUR) == 0
    lines = shown(capsys)
    assert {task for _, task, _ in lines} == tasks(sandbox)
    assert [time for time, _, _ in lines] == sorted(time for time, _, _ in lines)
    texts = [text for _, _, text in lines]
    assert texts.count("[simulated] llm starts: vllm:v1") == 3
    assert texts.count("[simulated] llm is ready, serving on port 8000") == 3
    assert someone.warnings == ""


def test_in_the_middle_of_a_rollout_lines_of_both_revisions_are_there(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed(sandbox, V1)
    someone = operator(sandbox, V2)
    someone.deploy(wait=False)
    sandbox.clock.sleep(150)
    assert len({task.definition for task in sandbox.world.live_tasks("inference", "llm")}) == 2
    show(looking(someone), HOUR)
    starts = {text for _, _, text in shown(capsys) if "starts" in text}
    assert starts == {f"[simulated] llm starts: vllm:{tag}" for tag in ("v1", "v2")}


def test_lines_before_the_beginning_are_left_out_and_silence_is_told(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    someone = deployed(sandbox, V1)
    sandbox.clock.sleep(2 * HOUR)
    show(looking(someone), HOUR)
    assert capsys.readouterr().out == ""
    assert someone.warnings == "nothing was written in the last 1h 00m"


def test_the_tail_is_the_newest_lines(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    someone = deployed(sandbox, V1)
    show(looking(someone), HOUR)
    every = shown(capsys)
    show(looking(someone, tail=3), HOUR)
    assert shown(capsys) == every[-3:]


def test_one_container_of_several_can_be_chosen_and_is_named_otherwise(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    someone = deployed(sandbox, V1, **SIDECAR)
    show(looking(someone), HOUR)
    assert {task.split()[1] for _, task, _ in shown(capsys)} == {"llm", "agent"}
    show(looking(someone, container="agent"), HOUR)
    assert {text for _, _, text in shown(capsys)} == {
        "[simulated] agent starts: agent:1",
        "[simulated] agent is ready",
    }
    with pytest.raises(UsageError, match="no container 'envoy'") as error:
        show(looking(someone, container="envoy"), HOUR)
    assert error.value.hint == "its containers are llm, agent"


def test_the_last_failed_tasks_tell_why_they_stopped_and_their_last_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("loading", "ValueError: no such model")
    sandbox = Sandbox(Scenario(images=(("*:crash", ImageBehaviour("crash", 3, logs=words)),)))
    deployed(sandbox, V1)
    someone = operator(sandbox, CRASH, **NO_ROLLBACK)
    assert someone.deploy().exit_code == 3
    assert show_failed(looking(someone), HOUR) == 0
    told = capsys.readouterr()
    heads = told.err.splitlines()
    assert len(heads) == 3
    assert all(
        "(inference-llm:2) stopped at" in head
        and head.endswith(": Essential container in task exited; llm: exit code 3")
        for head in heads
    )
    assert [head.split()[5] for head in heads] == sorted(head.split()[5] for head in heads)
    ids = [head.split()[1] for head in heads]
    assert [line.split()[1] for line in told.out.splitlines()] == [
        each for each in ids for _ in range(3)
    ]
    assert told.out.count("| ValueError: no such model\n") == 3

    show_failed(looking(someone, tail=1), HOUR)
    assert capsys.readouterr().out.count("\n") == 3


def test_last_words_behind_an_empty_page_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    words = tuple(f"line {number}" for number in range(7))
    crash = ImageBehaviour("crash", 3, logs=words)
    sandbox = Sandbox(Scenario(images=(("*:crash", crash),), log_pages_empty=True))
    someone = operator(sandbox, CRASH, **NO_ROLLBACK)
    someone.deploy()
    show_failed(looking(someone, tail=3), HOUR)
    lines = shown(capsys)
    failed = {task for _, task, _ in lines}
    assert len(failed) >= 3
    assert [text for _, _, text in lines] == ["line 4", "line 5", "line 6"] * len(failed)


def test_tasks_that_a_rollout_stopped_did_not_fail(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    someone = deployed(sandbox, V1, V2)
    assert show_failed(looking(someone), HOUR) == 0
    assert capsys.readouterr() == ("", "")
    assert someone.warnings == "no task failed in the last 1h 00m; 2 tasks stopped as wanted"


class Following:
    """A clock on which the world goes on; does what is to be done at each pause, then Ctrl-C."""

    def __init__(self, sandbox: Sandbox, *turns: Any) -> None:
        self._sandbox = sandbox
        self._turns = list(turns)
        self.pauses = 0

    def now(self) -> datetime:
        return self._sandbox.clock.now()

    def sleep(self, seconds: float) -> None:
        if not self._turns:
            raise KeyboardInterrupt
        self.pauses += 1
        turn = self._turns.pop(0)
        if callable(turn):
            turn()
        else:
            self._sandbox.clock.sleep(turn)


def test_following_shows_every_line_once_those_of_new_tasks_too(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    someone = deployed(sandbox, V1)
    newer = operator(sandbox, V2)
    clock = Following(sandbox, 2, 2, lambda: newer.deploy(wait=False), *([20] * 40), 0, 0)
    assert go_on(looking(someone), HOUR, clock, clock.now) == 0
    followed = shown(capsys)
    show(looking(someone), 2 * HOUR)
    assert sorted(followed) == sorted(shown(capsys))
    texts = [text for _, _, text in followed]
    for text in ("starts: vllm:v1", "got SIGTERM, and finishes its work", "starts: vllm:v2"):
        assert texts.count(f"[simulated] llm {text}") == 2


def test_following_a_service_to_its_end_shows_its_last_lines(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    someone = deployed(sandbox, V1)

    def destroy() -> None:
        ecs = sandbox.session().client("ecs")
        ecs.delete_service(cluster="inference", service="llm", force=True)

    clock = Following(sandbox, destroy, *([20] * 20))
    go_on(looking(someone, tail=1), HOUR, clock, clock.now)
    texts = [text for _, _, text in shown(capsys)]
    assert texts.count("[simulated] llm got SIGTERM, and finishes its work") == 2


def test_what_a_task_is_asked_once_while_it_does_not_change(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, V1)
    someone.gateway.log.clear()
    go_on(looking(someone), HOUR, Following(sandbox, 2, 2, 2), sandbox.clock.now)
    asked = [sent.operation for sent in someone.gateway.log]
    assert asked.count("DescribeTasks") == asked.count("DescribeTaskDefinition") == 1
    assert asked.count("FilterLogEvents") == 4
    assert len(asked) == 2 + 4 * 4
    assert not any(sent.writes for sent in someone.gateway.log)


def test_a_service_whose_containers_log_elsewhere_says_so(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    someone = deployed(sandbox, V1, logs=False)
    assert show(looking(someone), HOUR) == 0
    assert capsys.readouterr().out == ""
    assert "container llm has no log driver: what it writes is not kept" in someone.warnings


def test_a_log_group_that_is_gone_is_named(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, V1)
    sandbox.session().client("logs").delete_log_group(logGroupName="/ecsinfer/inference/llm")
    assert show(looking(someone), HOUR) == 0
    assert "log group /ecsinfer/inference/llm does not exist" in someone.warnings


def test_a_service_that_is_not_there_is_an_error_that_says_how_to_make_it(
    sandbox: Sandbox,
) -> None:
    with pytest.raises(PreflightError, match="service llm does not run in cluster") as error:
        show(looking(operator(sandbox)), HOUR)
    assert error.value.hint == "ecsinfer deploy llm creates it"


def stranger(sandbox: Sandbox, group: str, task: str) -> None:
    """A line of a task that is not among the service's."""
    sandbox.world.logs.write(group, f"llm/llm/{task}", ["of somebody"], creates=False)


def test_in_a_group_that_is_shared_only_lines_of_the_service_s_own_tasks_are_shown(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    someone = deployed(sandbox, V1, logs={"group": "/shared"})
    stranger(sandbox, "/shared", "f" * 32)
    show(looking(someone), HOUR)
    assert "of somebody" not in capsys.readouterr().out


@pytest.mark.rule("J8")
def test_in_the_service_s_own_group_tasks_are_shown_that_ecs_has_forgotten(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed(sandbox, V1)
    someone = deployed(sandbox, V2)
    sandbox.clock.sleep(2 * HOUR)
    show(looking(someone), 3 * HOUR)
    starts = {text for _, _, text in shown(capsys) if "starts" in text}
    assert starts == {f"[simulated] llm starts: vllm:{tag}" for tag in ("v1", "v2")}


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> Operator:
    """Somebody whose every command works on the account."""
    someone = deployed(sandbox, V1)

    @contextlib.contextmanager
    def open_session(common: Common) -> Iterator[Session]:
        look = looking(someone)
        look.session.common = common
        yield look.session

    monkeypatch.setattr("ecsinfer.cli.session.open_session", open_session)
    return someone


def test_lines_for_machines_are_one_document_or_one_a_line(
    command: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["logs", "llm", "--since", "1h", "--output", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["version"], document["service"], document["tasks"]) == (VERSION, "llm", [])
    assert len(document["lines"]) == 4
    assert run(["logs", "--since", "1h", "--output", "jsonl"]) == 0
    head, *lines, end = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (head["type"], end["type"], end["exit_code"]) == ("version", "finished", 0)
    assert lines == [{"type": "log", **line} for line in document["lines"]]
    first = lines[0]
    assert first["message"] == "[simulated] llm starts: vllm:v1"
    assert first["stream"] == f"llm/llm/{first['task']}"
    assert datetime.fromisoformat(first["at"]).tzinfo is not None
    assert set(first) == {
        "type", "service", "at", "task", "container", "message", "group", "stream", "id",
    }  # fmt: skip


def test_failed_tasks_for_machines_come_before_their_lines(
    command: Operator, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    operator(sandbox, CRASH, **NO_ROLLBACK).deploy()
    assert run(["logs", "--failed", "--output", "jsonl"]) == 0
    _, *told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["type"] for each in told[:2]] == ["task", "log"]
    assert told[0]["exits"] == ["llm: exit code 1"]
    assert told[0]["task"] == told[1]["task"]
    assert run(["logs", "--failed", "--output", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [{"type": "task", **each} for each in document["tasks"]] == [
        each for each in told if each["type"] == "task"
    ]


@pytest.mark.parametrize("operation", ["FilterLogEvents", "ListTasks"])
def test_a_caller_who_may_not_look_is_told_which_action_is_missing(
    command: Operator, sandbox: Sandbox, capsys: pytest.CaptureFixture[str], operation: str
) -> None:
    sandbox.faults.add(Fault(operation, nth=0, code="AccessDeniedException", message="no"))
    assert run(["logs"]) == 8
    assert f":{operation}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--follow", "--failed"), "use one of them"),
        (("--follow", "--output", "json"), "--output jsonl"),
        (("lm",), "its services are llm"),
        (("--tail", "0"), "0 is not in the range"),
        (("--since", "yesterday"), "--since"),
    ],
)
def test_what_cannot_be_done_is_a_usage_error_that_tells_the_way_out(
    command: Operator, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], words: str
) -> None:
    assert run(["logs", *options]) == 2
    assert words in capsys.readouterr().err

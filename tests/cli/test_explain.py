"""A deploy that goes wrong, as the person at the command line sees it."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecsinfer.aws.gateway import Gateway
from ecsinfer.cli.diagnosis import explainer
from ecsinfer.cli.main import run
from ecsinfer.cli.options import Common
from ecsinfer.cli.session import Session
from ecsinfer.reconcile.reconciler import Reconciler
from ecsinfer.report import terminal
from ecsinfer.sandbox import daemon, furniture
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.scenario import ImageBehaviour, Scenario
from ecsinfer.spec import load
from tests.application.specs import GPU, LLM

BROKEN = ImageBehaviour("crash", exit_code=3, logs=("ValueError: no such model",))
Command = Callable[..., int]


def write(path: Path, **changes: Any) -> Path:
    """A spec file of the GPU service."""
    service = {**LLM, **changes}
    document = {
        "name": "inference",
        "region": furniture.REGION,
        "capacity": {"gpu": GPU},
        "services": {"llm": json.loads(json.dumps(service))},
    }
    path.write_text(yaml.safe_dump(document))
    return path


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command on one embedded AWS in this process, with changes of the service."""
    sandbox = Sandbox(Scenario(images=(("*/vllm:v2*", BROKEN),)))

    @contextlib.contextmanager
    def open_session(common: Common) -> Iterator[Session]:
        spec, clock = load(common.file), sandbox.clock
        gateway = Gateway(sandbox.session(), clock=clock, jitter=random.Random(1))
        emit, close = terminal.sink(common.answer, clock.now)
        reconciler = Reconciler(
            gateway,
            clock,
            emit,
            jitter=random.Random(1),
            explain=explainer(gateway, clock, spec),
        )
        yield Session(common, spec, gateway, clock, emit, reconciler, simulated=True)
        close()

    monkeypatch.setattr("ecsinfer.cli.session.open_session", open_session)

    def do(name: str, *options: str, **changes: Any) -> int:
        spec = write(tmp_path / "ecsinfer.yaml", **changes)
        return run([name, "-f", str(spec), *options])

    return do


def v2() -> dict[str, Any]:
    """The image that crashes."""
    return {"image": f"{furniture.VLLM}:v2"}


@pytest.mark.rule("D21", "D24")
def test_a_bad_image_on_a_healthy_service_tells_what_failed_why_and_what_runs_now(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("deploy") == 0
    capsys.readouterr()

    assert command("deploy", **v2()) == 3

    told = capsys.readouterr().err
    last_words = told[told.index("\nerror: ") :]
    assert (
        "the deployment of inference-llm:2 failed and was rolled back; 2 of 2 tasks run "
        "inference-llm:1\n" in told
    )
    assert "cause: container llm exits with code 3 after it has started [crash-loop]" in last_words
    assert "llm | ValueError: no such model" in last_words
    assert "try: the last lines of its log tell why" in last_words
    assert "this is why it is not ready" in told[: told.index("\nerror: ")]
    # What ECS itself said is not told twice.
    assert told.count("rolled back because the circuit breaker threshold was exceeded") == 1


def test_a_rollout_that_takes_too_long_tells_what_still_rolls_and_how_to_resume(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    large = {"resources": {**LLM["resources"], "cpu": 8192}}

    assert command("deploy", "--timeout", "5m", **large) == 4

    told = capsys.readouterr().err
    last_words = told[told.index("\nerror: ") :]
    assert "service/llm: not ready after" in last_words
    assert "the deployment is in progress" in last_words
    assert "[task-too-large]" in last_words
    assert "it goes on by itself: run the same command again to pick it up" in last_words


def test_the_outcome_for_machines_has_the_causes(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("deploy", "--output", "json", **v2()) == 3
    outcome = json.loads(capsys.readouterr().out)
    assert "failed, and there is no earlier revision to go back to" in outcome["error"]
    (cause,) = outcome["causes"]
    assert cause["code"] == "crash-loop"
    assert "llm | ValueError: no such model" in cause["evidence"]
    assert cause["advice"]


def test_events_for_machines_have_every_cause_once(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("deploy", "--output", "jsonl", **v2()) == 3
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    explained = [each for each in told if each["type"] == "explained"]
    assert [cause["code"] for each in explained for cause in each["causes"]] == ["crash-loop"]


def test_explain_tells_of_the_deployment_that_was_rolled_back(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    command("deploy")
    command("deploy", **v2())
    capsys.readouterr()
    assert command("explain", "llm") == 0
    assert "cause: container llm exits with code 3" in capsys.readouterr().out
    assert command("explain", "--output", "json") == 0
    assert json.loads(capsys.readouterr().out)["llm"][0]["code"] == "crash-loop"


def test_explain_says_so_when_nothing_is_wrong_or_nothing_is_there(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("explain") == 0
    assert capsys.readouterr().out == "llm: there is no such service\n"
    command("deploy")
    capsys.readouterr()
    assert command("explain") == 0
    assert capsys.readouterr().out == "llm: nothing is wrong that AWS shows\n"


def test_explain_of_a_service_that_the_spec_does_not_know_names_those_there_are(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("explain", "lm") == 2
    assert "there are: llm" in capsys.readouterr().err


@pytest.mark.server
def test_a_deploy_on_the_server_is_explained_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    spec = write(tmp_path / "spec.yaml", image=f"{furniture.VLLM}:crash")
    try:
        assert run(["sandbox", "start", "--speed", "600"]) == 0
        assert run(["deploy", "--sandbox", "-f", str(spec)]) == 3
        assert run(["explain", "--sandbox", "-f", str(spec)]) == 0
    finally:
        daemon.stop()
    told = capsys.readouterr()
    assert "[crash-loop]" in told.err
    assert "[crash-loop]" in told.out

"""The operator's commands from end to end, as a shell runs them, on the embedded AWS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ecsinfer.cli.main import run
from ecsinfer.cli.sandbox import ensure_running
from ecsinfer.sandbox import daemon
from tests.application.specs import GPU, LLM

pytestmark = pytest.mark.server

SPEC = {
    "name": "inference",
    "region": "us-east-1",
    "capacity": {"gpu": GPU},
    "services": {"llm": {**LLM, "image": "registry.example.com/vllm:v1"}},
}


@pytest.fixture
def ecsinfer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., str]]:
    """Runs a command line that must end with that code; what it wrote, or why it could not.

    `beside` asks for what it told beside its result.
    """
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    spec = tmp_path / "ecsinfer.yaml"
    spec.write_text(json.dumps(SPEC))
    ensure_running(speed=600)

    def told(command: str, *arguments: str, code: int = 0, beside: bool = False) -> str:
        capsys.readouterr()
        assert run([command, *arguments, "--sandbox", "-f", str(spec)]) == code
        written = capsys.readouterr()
        return written.err if code or beside else written.out

    yield told
    daemon.stop()


def test_a_day_of_an_operator(ecsinfer: Callable[..., str]) -> None:
    image = "services.llm.image=registry.example.com/vllm:v2"
    ecsinfer("deploy")
    ecsinfer("deploy", "--set", image)

    assert "containerDefinitions[llm].image" in ecsinfer("rollback", "llm")
    [newest, oldest] = json.loads(ecsinfer("revisions", "--output", "json"))["llm"]
    assert (newest["rollback_target"], oldest["running"]) == (True, True)

    assert "desiredCount: 2 -> 3" in ecsinfer("scale", "llm=3")
    assert "Nothing to do" in ecsinfer("gc", "--keep", "1")

    scaling = (
        "--set",
        "services.llm.scaling={min: 3, max: 4, cpu: 60}",
        "--set",
        "services.llm.replicas=null",
    )
    ecsinfer("deploy", *scaling)
    assert "False -> True" in ecsinfer("suspend", *scaling)
    assert "True -> False" in ecsinfer("resume", "llm")
    assert "MaxCapacity: 4 -> 5" in ecsinfer("scale", "llm=3..5")


def test_what_cannot_be_is_refused_with_its_own_exit_code(ecsinfer: Callable[..., str]) -> None:
    assert "ecsinfer deploy llm creates it" in ecsinfer("rollback", code=6)
    ecsinfer("deploy")
    assert "no deployment goes on" in ecsinfer("continue", "llm", code=6)
    assert "write llm=6 or llm=2..20" in ecsinfer("scale", "llm:6", code=2)


def test_a_renamed_service_is_pruned_by_a_saved_plan_and_a_destroy_is_planned_as_it_is_done(
    ecsinfer: Callable[..., str], tmp_path: Path
) -> None:
    renamed = ("--set", "services.llm.name=other")
    ecsinfer("deploy")
    saved = str(tmp_path / "plan.json")
    planned = ecsinfer("plan", *renamed, "--prune", "--out", saved)
    assert "service/inference/llm" in planned
    assert "delete: not in the spec; its logs are kept" in planned
    ecsinfer("deploy", *renamed, "--plan", saved)
    again = ecsinfer("deploy", *renamed, "--plan", saved, code=5)
    assert "service/inference/llm is gone already" in again
    assert "service/inference/llm" not in ecsinfer("plan", *renamed, "--prune")
    told = ecsinfer("plan", *renamed, "--destroy", "--purge", "--scale-groups-to-zero")
    assert "auto-scaling-group/gpu-asg" in told
    assert "log-group/ecsinfer/inference/llm" in told


def test_a_run_ends_with_what_helps_next(ecsinfer: Callable[..., str], tmp_path: Path) -> None:
    def suggested(told: str) -> list[str]:
        lines = told.partition("what to try next:\n")[2].splitlines()
        return [line.split()[1] for line in lines]

    assert suggested(ecsinfer("status", code=3)) == ["deploy", "sandbox"]
    nothing = ecsinfer("outputs", code=3)
    assert "nothing is deployed yet\n" in nothing
    assert suggested(nothing) == ["deploy", "sandbox"]
    assert suggested(ecsinfer("deploy", beside=True)) == ["status", "logs", "destroy", "sandbox"]
    assert suggested(ecsinfer("deploy", beside=True)) == ["sandbox"]

    saved = str(tmp_path / "plan.json")
    ecsinfer("plan", "--destroy", "--out", saved)
    destroyed = ecsinfer("deploy", "--plan", saved, beside=True)
    assert " destroy inference: " in destroyed
    assert suggested(destroyed) == []

    left = ecsinfer("destroy", beside=True)
    assert "= service/llm not there" in " ".join(left.split())
    assert left.count("log-group/ecsinfer/inference/llm") == 1

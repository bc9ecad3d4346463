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
    """Runs a command line that must end with that code; what it wrote, or why it could not."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    spec = tmp_path / "ecsinfer.yaml"
    spec.write_text(json.dumps(SPEC))
    ensure_running(speed=600)

    def told(command: str, *arguments: str, code: int = 0) -> str:
        capsys.readouterr()
        assert run([command, *arguments, "--sandbox", "-f", str(spec)]) == code
        written = capsys.readouterr()
        return written.err if code else written.out

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
    assert "service/inference/llm" not in ecsinfer("plan", *renamed, "--prune")
    told = ecsinfer("plan", *renamed, "--destroy", "--purge", "--scale-groups-to-zero")
    assert "auto-scaling-group/gpu-asg" in told
    assert "log-group/ecsinfer/inference/llm" in told

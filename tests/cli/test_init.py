"""``ecsinfer init`` as a shell runs it: the files that it writes, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest

from ecsinfer.cli.main import run
from ecsinfer.cli.sandbox import ensure_running
from ecsinfer.sandbox import daemon
from tests.importing.services import ON_FARGATE, create, furnish

pytestmark = pytest.mark.server

DENIED = """
faults:
  - operation: DescribeServices
    nth: 0
    code: AccessDeniedException
    message: "User: x is not authorized to perform: ecs:DescribeServices on resource: y"
"""

Init = Callable[..., str]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cluster with two services that somebody made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        running = ensure_running(speed=600)
        for name, value in running.environment().items():
            patch.setenv(name, value)
        ecs = boto3.client("ecs", endpoint_url=running.url)
        furnish(ecs)
        create(ecs, "web", {**ON_FARGATE, "desiredCount": 0})
        create(ecs, "daily", {**ON_FARGATE, "desiredCount": 0, "taskDefinition": "with-role"})
        yield
        daemon.stop()


@pytest.fixture
def told(
    account: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Init:
    """Runs a command in an empty folder; what it wrote to standard error."""
    monkeypatch.chdir(tmp_path)

    def said(command: str, *arguments: str, code: int = 0) -> str:
        capsys.readouterr()
        assert run([command, *arguments, "--sandbox"]) == code
        return capsys.readouterr().err

    return said


def test_several_services_of_a_cluster_are_one_spec(told: Init, tmp_path: Path) -> None:
    services = ("--from-service", "inference/web", "--from-service", "inference/daily")
    assert told("init", *services, "--name", "shop").splitlines() == [
        "wrote ecsinfer.yaml",
        "wrote ecsinfer.web.taskdef.json",
        "wrote ecsinfer.daily.taskdef.json",
    ]
    assert "name: shop\n" in (tmp_path / "ecsinfer.yaml").read_text()
    told("plan", "--detailed-exitcode")


def test_a_file_that_exists_is_overwritten_only_by_force(told: Init, tmp_path: Path) -> None:
    spec = tmp_path / "ecsinfer.yaml"
    spec.write_text("precious")
    refusal = told("init", "--from-service", "inference/web", code=2)
    assert "ecsinfer.yaml exists already" in refusal
    assert "--force overwrites" in refusal
    assert "exists already" in told("init", "--preset", "vllm", code=2)
    assert [each.name for each in tmp_path.iterdir()] == ["ecsinfer.yaml"]
    assert spec.read_text() == "precious"
    told("init", "--from-service", "inference/web", "--force")
    assert "Made from inference/web" in spec.read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        ((), 2, "either --preset or --from-service"),
        (("--preset", "vllm", "--from-service", "inference/web"), 2, "either --preset or"),
        (("--from-service", "web"), 2, "--from-service CLUSTER/SERVICE"),
        (("--from-service", "a/x", "--from-service", "b/y"), 2, "clusters a, b, and a spec has"),
        (("--from-service", "inference/nobody"), 6, "list-services --cluster inference"),
        (("--from-service", "elsewhere/web"), 6, "no cluster elsewhere in this account"),
    ],
)
def test_what_cannot_be_written_down_is_refused_and_nothing_is_written(
    told: Init, tmp_path: Path, arguments: tuple[str, ...], code: int, why: str
) -> None:
    assert why in told("init", *arguments, code=code)
    assert not list(tmp_path.iterdir())


def test_a_permission_that_is_missing_is_named(told: Init, tmp_path: Path) -> None:
    running = daemon.status()
    assert running is not None
    daemon.ask(running.port, "POST", "scenario", DENIED)
    try:
        assert "ecs:DescribeServices" in told("init", "--from-service", "inference/web", code=8)
    finally:
        daemon.ask(running.port, "POST", "scenario", "{}")
    assert not (tmp_path / "ecsinfer.yaml").exists()

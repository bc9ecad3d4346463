"""``ecsinfer sandbox``: what a person sees, and what a shell evaluates."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from ecsinfer.cli.main import run
from ecsinfer.cli.options import Common
from ecsinfer.cli.sandbox import SIMULATED, running_at
from ecsinfer.cli.session import reach
from ecsinfer.sandbox import daemon

pytestmark = pytest.mark.server

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    yield
    daemon.stop()


def test_a_life_of_the_server(capsys: pytest.CaptureFixture[str]) -> None:
    def told(*arguments: str) -> str:
        assert run(["sandbox", *arguments]) == 0
        return capsys.readouterr().out

    assert "No embedded AWS is running" in told("status")
    assert json.loads(told("status", "--output", "json")) == {"running": False, "note": SIMULATED}

    first = told("start", "--speed", "120")
    assert "The embedded AWS runs at http://127.0.0.1:" in first
    assert SIMULATED in first
    assert "runs already at" in told("start")

    status = json.loads(told("status", "--output", "json"))
    assert (status["running"], status["speed"], status["note"]) == (True, 120, SIMULATED)
    assert "120 simulated seconds a second" in told("status")
    exports = told("env")
    assert f"export AWS_ENDPOINT_URL={status['url']}" in exports
    assert "export AWS_ACCESS_KEY_ID=sandbox" in exports
    assert SIMULATED in exports
    assert "export AWS_REGION=eu-west-1" in told("env", "--region", "eu-west-1")
    assert running_at(status["url"] + "/") == daemon.status()
    assert running_at("http://127.0.0.1:1") is None

    assert "begins anew" in told("reset")
    assert "has ended" in told("stop")
    assert "No embedded AWS was running" in told("stop")


def take_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo after the test what `reach` sets in the environment."""
    for name in daemon.endpoint_environment(""):
        monkeypatch.setenv(name, "")


def test_a_command_goes_by_the_time_of_the_embedded_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    take_back(monkeypatch)
    running = daemon.start(speed=1)
    daemon.ask(running.port, "POST", "advance", '{"seconds": "3h"}')

    _, clock, simulated = reach(Common(Path("ecsinfer.yaml"), None, (), sandbox=True))

    told = daemon.ask(running.port, "GET", "status")["simulated_time"]
    assert simulated
    assert abs((clock.now() - datetime.fromisoformat(told)).total_seconds()) < 60


def test_a_command_on_it_keeps_to_the_region_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    take_back(monkeypatch)
    daemon.start(speed=5000)
    spec = tmp_path / "ireland.yaml"
    text = (CONFIGS / "quickstart.yaml").read_text().replace("region: us-east-1\n", "")
    spec.write_text(text.replace("us-east-1", "eu-west-1"))
    command = ["--sandbox", "--file", str(spec), "--output", "json"]

    assert run(["deploy", *command, "--region", "eu-west-1"]) == 0
    assert "arn:aws:ecs:eu-west-1:123456789012:service/quickstart/llm" in capsys.readouterr().out
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert run(["plan", *command, "--detailed-exitcode"]) == 0


@pytest.mark.parametrize("command", ["env", "reset"])
def test_what_needs_a_server_says_how_to_start_one(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sandbox", command]) == 2

    told = capsys.readouterr()
    assert "ecsinfer sandbox start" in told.err
    assert told.out == ""


def test_a_wrong_scenario_is_a_usage_error_that_says_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "wrong.yaml"
    scenario.write_text("timings: {bot: 5m}")

    assert run(["sandbox", "start", "--scenario", str(scenario)]) == 2

    assert "no key 'bot'" in capsys.readouterr().err


def test_without_the_extra_the_way_to_install_it_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)

    assert run(["sandbox", "start"]) == 2

    assert "pip install 'ecsinfer[sandbox]'" in capsys.readouterr().err


def test_asking_for_the_status_imports_neither_moto_nor_boto3() -> None:
    program = (
        "import sys; from ecsinfer.cli.main import run; run(['sandbox', 'status']);"
        "print([name for name in ('moto', 'boto3') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "[]"


def test_a_home_that_cannot_be_written_is_named_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    home.write_text("no directory")
    with monkeypatch.context() as inner:
        inner.delenv("XDG_CACHE_HOME")
        inner.setenv("HOME", str(home))
        code = run(["plan", "--sandbox", "-f", str(CONFIGS / "quickstart.yaml")])

    told = capsys.readouterr().err
    assert code == 2
    assert f"error: {home}/.cache/ecsinfer, where the embedded AWS keeps its state" in told
    assert "XDG_CACHE_HOME" in told


def test_a_scenario_of_bytes_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "binary.yaml"
    scenario.write_bytes(b"\xff\xfe\x80")
    daemon.start()

    assert run(["sandbox", "reset", "--scenario", str(scenario)]) == 2

    assert f"error: {scenario} is no text" in capsys.readouterr().err

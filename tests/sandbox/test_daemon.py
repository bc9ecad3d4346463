"""The server in the background: started once, found again, stopped; and the AWS CLI on it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecsinfer.sandbox import daemon
from ecsinfer.sandbox.daemon import DaemonError

pytestmark = pytest.mark.server


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    yield
    daemon.stop()


def test_it_is_started_once_found_again_and_stopped() -> None:
    assert daemon.status() is None

    first = daemon.start(speed=30)
    second = daemon.start(speed=99)

    assert not first.already
    assert second.already
    assert (second.instance, second.pid, second.speed) == (first.instance, first.pid, 30)
    assert daemon.stop()
    assert daemon.status() is None
    assert not daemon.stop()


def test_a_stale_state_file_is_no_server() -> None:
    file = daemon.state_directory() / "sandbox.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"port": 1, "instance": "gone"}))

    assert daemon.status() is None
    assert not daemon.stop()
    assert not file.exists()


def test_another_server_at_the_same_port_is_not_taken_for_ours() -> None:
    running = daemon.start()
    file = daemon.state_directory() / "sandbox.json"
    known = file.read_text()
    file.write_text(json.dumps({"port": running.port, "instance": "another"}))

    assert daemon.status() is None

    file.write_text(known)


def test_what_the_server_says_when_it_cannot_start_is_told(tmp_path: Path) -> None:
    scenario = tmp_path / "wrong.yaml"
    scenario.write_text("nam: x")

    with pytest.raises(DaemonError, match="no key 'nam'"):
        daemon.start(scenario=scenario)


def test_a_port_that_is_taken_is_told() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(DaemonError, match="Address already in use"),
    ):
        daemon.start(port=taken.getsockname()[1])


def test_a_reset_may_change_the_scenario(tmp_path: Path) -> None:
    scenario = tmp_path / "other.yaml"
    scenario.write_text("name: other")
    assert not daemon.reset()
    daemon.start()

    assert daemon.reset(scenario)

    running = daemon.status()
    assert running is not None
    assert running.scenario == "other"


def test_the_state_file_is_the_owners_only() -> None:
    daemon.start()

    assert (daemon.state_directory() / "sandbox.json").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to look into a process")
def test_the_server_never_sees_the_users_aws_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")

    running = daemon.start()

    environment = Path(f"/proc/{running.pid}/environ").read_text()
    assert "production" not in environment
    assert "AWS_SECRET_ACCESS_KEY" not in environment
    assert f"AWS_CONFIG_FILE={os.devnull}" in environment


@pytest.mark.external
@pytest.mark.skipif(shutil.which("aws") is None, reason="the AWS CLI is not installed")
def test_the_aws_cli_calls_it_with_the_environment_that_we_print() -> None:
    environment = {**os.environ, **daemon.start().environment()}

    def aws(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["aws", *arguments, "--output", "json"],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    identity = aws("sts", "get-caller-identity")
    assert json.loads(identity.stdout)["Account"] == "123456789012", identity.stderr
    refused = aws("ecs", "discover-poll-endpoint")
    assert refused.returncode != 0
    assert "UnsupportedFeatureException" in refused.stderr

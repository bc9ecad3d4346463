"""The server in the background: started once, found again by its state file, stopped.

Imports neither moto nor boto3: asking whether a server runs costs nothing.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

DEFAULT_REGION = "us-east-1"

_START_WITHIN = 30.0
_STOP_WITHIN = 10.0
_POLL = 0.02

_children: dict[int, subprocess.Popen[bytes]] = {}
"""Servers that this very process started, which it must reap when they end."""


class DaemonError(RuntimeError):
    """The server could not be started, reached or stopped."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers.

    Attributes:
        instance: tells this server from every other.
        pid: its process.
        port: its port on loopback.
        url: its endpoint.
        speed: simulated seconds in a second of wall time.
        started: when, in ISO 8601.
        scenario: the name of its scenario.
        simulated_time: its own time when it was asked, in ISO 8601.
        already: whether it was running before it was asked to start.
    """

    instance: str
    pid: int
    port: int
    url: str
    speed: float
    started: str
    scenario: str
    simulated_time: str = field(compare=False)
    already: bool = True

    def environment(self, region: str = DEFAULT_REGION) -> dict[str, str]:
        """What points any AWS SDK or the AWS CLI at the server, with dummy credentials."""
        return endpoint_environment(self.url, region)


def endpoint_environment(url: str, region: str = DEFAULT_REGION) -> dict[str, str]:
    """What points any AWS SDK or the AWS CLI at an embedded AWS, with dummy credentials."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def state_directory() -> Path:
    """Where the state file and the log are: in the user's cache directory."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "ecsinfer"


def start(
    *, port: int = 0, speed: float = 60.0, scenario: Path | None = None, idle: float = 3600.0
) -> Running:
    """Start the server in the background and wait until it answers.

    A server that runs already is not an error: it is returned as it is.

    Raises:
        DaemonError: it ended at once, or did not answer in time; carries what it said.
    """
    with _only_one():
        running = status()
        if running is not None:
            return running
        command = [sys.executable, "-m", "ecsinfer.sandbox.server"]
        command += ["--port", str(port), "--speed", str(speed), "--idle", str(idle)]
        command += ["--state", str(_state_file())]
        if scenario is not None:
            command += ["--scenario", str(scenario.resolve())]
        _state_file().unlink(missing_ok=True)
        with log_file().open("wb") as log:
            child = subprocess.Popen(  # noqa: S603  our own module
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_child_environment(),
                start_new_session=True,
            )
        _children[child.pid] = child
        try:
            return _await(child)
        except KeyboardInterrupt:  # nobody was told how to stop it
            child.kill()
            raise


def stop() -> bool:
    """Stop the server; whether there was one.

    Raises:
        DaemonError: it does not end.
    """
    running = status()
    if running is None:
        _state_file().unlink(missing_ok=True)
        return False
    ask(running.port, "POST", "stop")
    deadline = time.monotonic() + _STOP_WITHIN
    while _alive(running.pid):
        if time.monotonic() > deadline:
            os.kill(running.pid, signal.SIGKILL)
            raise DaemonError(f"process {running.pid} did not end by itself and was killed")
        _pause()
    _state_file().unlink(missing_ok=True)
    return True


def status() -> Running | None:
    """The server that runs; None when there is none, whatever a stale state file says."""
    try:
        known = json.loads(_state_file().read_text())
        told = ask(int(known["port"]), "GET", "status")
    except (OSError, ValueError, KeyError, DaemonError):
        return None
    if told.get("instance") != known.get("instance"):
        return None
    return Running(**{each.name: told[each.name] for each in fields(Running)[:-1]})


def reset(scenario: Path | None = None) -> bool:
    """Have the server begin anew; whether there is one.

    Raises:
        DaemonError: the scenario is refused.
    """
    running = status()
    if running is None:
        return False
    try:
        text = scenario.read_text() if scenario else ""
    except UnicodeDecodeError as error:
        raise DaemonError(f"{scenario} is no text: {error}") from error
    ask(running.port, "POST", "reset", text)
    return True


def log_file() -> Path:
    """Where the background server writes what it has to say."""
    return state_directory() / "sandbox.log"


def ask(port: int, method: str, control: str, body: str = "") -> Any:
    """Ask a server's control surface; straight, past any proxy.

    Raises:
        DaemonError: nobody answers there, or the answer is a refusal.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, f"/_sandbox/{control}", body)
        response = connection.getresponse()
        answer = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DaemonError(f"no embedded AWS answers on port {port}: {error}") from error
    finally:
        connection.close()
    if response.status != 200:
        raise DaemonError(str(answer.get("error", answer)))
    return answer


def _state_file() -> Path:
    return state_directory() / "sandbox.json"


@contextmanager
def _only_one() -> Iterator[None]:
    """Two starts at the same time are one.

    Raises:
        DaemonError: there is no place for the state file.
    """
    directory = state_directory()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = (directory / "sandbox.lock").open("w")
    except OSError as error:
        raise DaemonError(
            f"{directory}, where the embedded AWS keeps its state, cannot be written "
            f"({error.strerror}); have XDG_CACHE_HOME name a directory that can"
        ) from error
    with lock as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _child_environment() -> dict[str, str]:
    """This process's environment without the user's AWS account: the server has no use for it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONUNBUFFERED": "1",
    }


def _await(child: subprocess.Popen[bytes]) -> Running:
    deadline = time.monotonic() + _START_WITHIN
    while time.monotonic() < deadline:
        running = status()
        if running is not None:
            return replace(running, already=False)
        if child.poll() is not None:
            raise DaemonError(log_file().read_text(errors="replace").strip())
        _pause()
    child.kill()
    raise DaemonError(f"the server did not answer within {_START_WITHIN:g} s; see {log_file()}")


def _alive(pid: int) -> bool:
    if pid in _children:
        return _children[pid].poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _pause() -> None:
    time.sleep(_POLL)  # noqa: TID251  another process is waited for

"""Ctrl-C and SIGTERM, sent to real processes."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecsinfer.sandbox import daemon
from tests.cli.processes import QUICKSTART, ended, start, until

pytestmark = pytest.mark.server

SPEC = ("--sandbox", "-f", QUICKSTART)
SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@pytest.fixture(scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        daemon.start()
        yield
        daemon.stop()


@pytest.fixture
def server(_server: None, tmp_path: Path) -> int:
    """The port of an embedded AWS that begins anew, and whose instances take long to boot."""
    scenario = tmp_path / "slow.yaml"
    scenario.write_text("timings: {boot: 30m}")
    daemon.reset(scenario)
    running = daemon.status()
    assert running is not None
    return running.port


@SIGNALS
def test_an_interrupted_deploy_says_what_still_rolls_and_running_it_again_resumes(
    number: signal.Signals, server: int
) -> None:
    deploy = start("deploy", *SPEC)
    until(deploy, "service/llm: waiting")
    deploy.send_signal(number)
    deploy.send_signal(number)  # as parents send on what a terminal has sent already

    code, _, told = ended(deploy)

    assert code == 130
    assert "error: interrupted; nothing was undone; still rolling: service/llm\n" in told
    assert "try: run the same command again: it resumes where this one ended\n" in told
    assert "Traceback" not in told

    again = start("deploy", *SPEC)
    until(again, "service/llm: waiting")
    daemon.ask(server, "POST", "advance", '{"seconds": "1h"}')
    code, _, told = ended(again)
    assert (code, re.findall(r"done after .*, (\d+) writes", told)) == (0, ["0"]), told


@SIGNALS
def test_whoever_watches_ends_it_well(number: signal.Signals, server: int) -> None:
    watch = start("status", "--watch", *SPEC, "--output", "jsonl")
    until(watch, '"type": "status"', "stdout")
    watch.send_signal(number)

    code, _, told = ended(watch)

    assert (code, told) == (0, "")


@SIGNALS
def test_reads_that_are_not_answered_are_not_waited_for(number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        asked = threading.Event()
        held: list[socket.socket] = []

        def hear() -> None:
            held.extend(silent.accept()[0] for _ in range(2))  # two reads that go out together
            asked.set()

        threading.Thread(target=hear, daemon=True).start()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        plan = start("plan", "-f", QUICKSTART, "--endpoint-url", url)
        assert asked.wait(30)
        plan.send_signal(number)
        try:
            code, _, told = ended(plan)
        finally:
            for each in held:
                each.close()

    assert (code, told) == (130, "error: interrupted; nothing was changed\n")


def test_a_server_whose_start_is_interrupted_is_not_left_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(daemon, "_pause", interrupted)
    before = set(daemon._children)

    with pytest.raises(KeyboardInterrupt):
        daemon.start()

    (child,) = (daemon._children[pid] for pid in daemon._children.keys() - before)
    assert child.wait(10) == -signal.SIGKILL


def program(*lines: str) -> subprocess.CompletedProcess[str]:
    script = "\n".join(("import os, signal", "import ecsinfer.cli.main as it", *lines))
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )


def test_an_interrupt_of_what_tells_of_the_first_one_shows_no_traceback() -> None:
    done = program(
        "it.run = lambda _: os.kill(os.getpid(), signal.SIGTERM)",
        "it.main([])",
    )
    assert (done.returncode, done.stderr) == (130, "")


def test_a_signal_that_a_parent_ignores_stays_ignored() -> None:
    done = program(
        "signal.signal(signal.SIGINT, signal.SIG_IGN)  # as nohup and a shell's & do",
        "it.run = lambda _: os.kill(os.getpid(), signal.SIGINT) or 7",
        "it.main([])",
    )
    assert done.returncode == 7

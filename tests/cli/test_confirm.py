"""The question before a change: asked on a terminal, refused without one."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from ecsinfer.sandbox.server import Server
from tests.cli.processes import CTRL_C, QUICKSTART, Terminal, ended, start

pytestmark = pytest.mark.server


@pytest.fixture
def aws(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An AWS that ecsinfer does not know for an embedded one, so that it asks as of a real one.

    Its time goes as ours does: a wait is drawn for long enough, however busy the machine is.
    """
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    server = Server(speed=1)
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield server
    server.stop()
    thread.join()


def command(name: str, aws: Server) -> tuple[str, ...]:
    return (name, "-f", QUICKSTART, "--endpoint-url", aws.url)


def writes(aws: Server) -> list[str]:
    reads = ("Describe", "List", "Get", "BatchGet")
    return [call.operation for call in aws.sandbox.calls if not call.operation.startswith(reads)]


def test_without_a_terminal_nothing_is_changed_and_the_flag_is_named(aws: Server) -> None:
    code, _, told = ended(start(*command("deploy", aws)))

    assert code == 2
    assert "error: This would change AWS, and there is no terminal to ask on.\n" in told
    assert told.endswith("try: add --yes to run without asking\n")
    assert writes(aws) == []


def test_without_a_terminal_yes_goes_ahead(aws: Server) -> None:
    code, _, told = ended(start(*command("deploy", aws), "--yes", "--timeout", "0s"))

    assert code == 4, told
    assert "no terminal" not in told


def test_no_changes_nothing(aws: Server) -> None:
    with Terminal(*command("deploy", aws)) as terminal:
        terminal.answer("Deploy quickstart in account 123456789012? [y/N]: ", "n\n")

        assert terminal.exit_code() == 130
        assert "Aborted: nothing was changed." in terminal.shown
    assert writes(aws) == []


def test_yes_goes_ahead_until_ctrl_c(aws: Server) -> None:
    with Terminal(*command("deploy", aws)) as terminal:
        terminal.answer("[y/N]: ", "y\n")
        terminal.read_until(" / 10m 00s")  # a wait is drawn, with how long it may take
        terminal.type(CTRL_C)

        assert terminal.exit_code() == 130
        assert "error: interrupted; nothing was undone" in terminal.shown
        assert "Traceback" not in terminal.shown
        assert terminal.shown.rfind("\x1b[?25h") > terminal.shown.rfind("\x1b[?25l"), "no cursor"
    assert writes(aws)[0] == "CreateLogGroup"


def test_ctrl_c_is_an_answer_too(aws: Server) -> None:
    with Terminal(*command("deploy", aws)) as terminal:
        terminal.answer("[y/N]: ", CTRL_C)

        assert terminal.exit_code() == 130
        assert "Aborted: nothing was changed." in terminal.shown
    assert writes(aws) == []

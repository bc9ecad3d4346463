"""What machines read: every command, however it ends, is a document or a stream that says so."""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from ecsinfer import events
from ecsinfer.cli.main import COMMANDS, cli, run
from ecsinfer.sandbox.scenario import Fault, Scenario
from ecsinfer.sandbox.server import Server
from tests.cli.processes import QUICKSTART, ended, start
from tests.reference import README

pytestmark = pytest.mark.server

DENIED = Fault("*", nth=0, code="AccessDeniedException", message="not authorized")
REFUSED = Fault("*", nth=0, code="InvalidParameterException", message="no")
NEEDS = {
    "init": ("--from-service", "quickstart/llm"),
    "scale": ("llm=3",),
    "suspend": ("llm",),
    "resume": ("llm",),
}
"""Command -> the arguments without which it does nothing."""

OFFLINE = {"policy", "validate"}
FORMATS = pytest.mark.parametrize("output", ["json", "jsonl"])


def _commands() -> Iterator[str]:
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        if any(each.name == "output" for each in command.params):
            yield name


REPORTING = tuple(_commands())


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server(speed=3600)
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield server
    server.stop()
    thread.join()


@pytest.fixture
def aws(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """An account on its first day, which ecsinfer takes for a real one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    server.sandbox.reset(Scenario())
    return server


def said(output: str, written: str) -> list[dict[str, Any]]:
    """The one document, or all of a stream; it is one."""
    if output == "json":
        return [json.loads(written)]
    stream = [json.loads(line) for line in written.splitlines()]
    assert stream[0] == {"type": "version", "ecsinfer_events": events.VERSION}
    assert [each["type"] for each in stream].count("finished") == 1
    text = README.read_text()
    assert {each["type"] for each in stream if f"`{each['type']}`" not in text} == set()
    return stream


def arguments(command: str, aws: Server) -> list[str]:
    given = [command, *NEEDS.get(command, ())]
    if command == "init":
        return [*given, "--endpoint-url", aws.url, "--region", "us-east-1"]
    where = [] if command in OFFLINE else ["--endpoint-url", aws.url]
    return [*given, "-f", QUICKSTART, *where]


def assert_refused(output: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends with that code, and with an error that standard error tells as well."""
    written = capsys.readouterr()
    end = said(output, written.out)[-1]
    assert (end["exit_code"], end["status"] != "done") == (code, True)
    assert end["error"].splitlines()[-1].strip() in written.err
    assert end["hint"] in written.err


@FORMATS
@pytest.mark.parametrize("command", REPORTING)
def test_a_wrong_command_line_is_told_as_data(
    command: str, output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([command, f"--output={output}", "--no-such-option"]) == 2
    assert_refused(output, 2, capsys)


@FORMATS
@pytest.mark.parametrize("command", [each for each in REPORTING if each != "init"])
def test_a_wrong_spec_is_told_as_data_with_its_problems(
    command: str, output: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "wrong.yaml"
    spec.write_text("name: a\nservices:\n  b:\n    image: x\n    imagee: x\n")
    assert run([command, *NEEDS.get(command, ()), "-f", str(spec), "--output", output]) == 2
    told = said(output, capsys.readouterr().out)
    if output == "jsonl":
        problems = [each for each in told if each["type"] == "problem"]
        assert (told[-1]["exit_code"], told[-1]["error"] != "") == (2, True)
    else:
        problems = told[0]["problems"]
    assert [(each["file"], each["line"]) for each in problems] == [(str(spec), 3)] * 2 + [
        (str(spec), 5)
    ]


@FORMATS
@pytest.mark.parametrize("command", [each for each in REPORTING if each not in OFFLINE])
def test_a_denial_is_told_as_data(
    command: str, output: str, aws: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.sandbox.faults.add(DENIED)
    assert run([*arguments(command, aws), "--output", output]) == 8
    assert_refused(output, 8, capsys)


@FORMATS
@pytest.mark.parametrize(
    "command", ["explain", "init", "outputs", "plan", "policy", "revisions", "status", "validate"]
)
def test_a_command_that_has_something_to_tell_tells_it_and_how_it_ended(
    command: str, output: str, aws: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    if command == "init":
        ecs: Any = aws.sandbox.session().client("ecs")
        ecs.create_cluster(clusterName="quickstart")
        ecs.register_task_definition(
            family="llm",
            containerDefinitions=[
                {"name": "llm", "image": "registry.example.com/vllm:v1", "memory": 64}
            ],
        )
        ecs.create_service(
            cluster="quickstart", serviceName="llm", taskDefinition="llm", desiredCount=0
        )
    code = run([*arguments(command, aws), "--output", output])
    assert code == (3 if command in {"outputs", "status"} else 0)
    told = said(output, capsys.readouterr().out)
    if output == "jsonl":
        end = told[-1]
        assert (end["type"], end["status"], end["exit_code"], end["error"]) == (
            "finished",
            "done",
            code,
            "",
        )


@FORMATS
@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, ("plan",)),
        (2, ("deploy",)),
        (2, ("plan", "--prune", "llm")),
        (2, ("logs", "nobody")),
        (4, ("deploy", "--yes", "--timeout", "0s")),
        (5, ("deploy", "--yes", "--plan", "plan.json", "--set", "services.llm.replicas=3")),
        (6, ("deploy", "--set", "capacity.gpu.auto_scaling_group=nope")),
        (6, ("rollback",)),
        (6, ("continue",)),
        (6, ("logs",)),
        (7, ("plan",)),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else " ".join(value[:2]),
)  # fmt: skip
def test_every_exit_code_is_told_as_data(
    code: int, words: tuple[str, ...], output: str, aws: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    command, *options = words
    if code == 1:
        aws.sandbox.faults.add(REFUSED)
    elif code == 5:
        assert run([*arguments("plan", aws), "--out", "plan.json"]) == 0
    elif code == 7:
        ecs: Any = aws.sandbox.session().client("ecs")
        ecs.create_cluster(clusterName="quickstart")
    capsys.readouterr()
    assert run([*arguments(command, aws), *options, "--output", output]) == code
    assert_refused(output, code, capsys)


@FORMATS
def test_a_plan_with_changes_has_its_own_exit_code(
    output: str, aws: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments("plan", aws), "--detailed-exitcode", "--output", output]) == 10
    told = said(output, capsys.readouterr().out)[-1]
    assert told.get("exit_code", 10) == 10


@FORMATS
def test_an_interrupted_look_is_told_as_data(output: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        plan = start("plan", "-f", QUICKSTART, "--endpoint-url", url, "--output", output)
        held = silent.accept()[0]
        plan.send_signal(signal.SIGINT)
        try:
            code, written, _ = ended(plan)
        finally:
            held.close()
    end = said(output, written)[-1]
    assert (code, end["exit_code"], end["status"]) == (130, 130, "interrupted")
    assert end["error"] == "interrupted; nothing was changed"

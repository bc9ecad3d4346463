"""The workflow in README: what it runs are commands and options that exist."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from ecsinfer.cli.main import cli
from tests.reference import README

(TEXT,) = re.findall(r"<!-- workflow: .*? -->\n```yaml\n(.*?)```", README.read_text(), re.DOTALL)
WORKFLOW: dict[Any, Any] = yaml.safe_load(TEXT)
JOBS: dict[str, Any] = WORKFLOW["jobs"]


def commands() -> Iterator[list[str]]:
    """Every command line of ecsinfer's, as a shell splits it."""
    for job in JOBS.values():
        for step in job["steps"]:
            for line in step.get("run", "").splitlines():
                words = shlex.split(line, comments=True)
                words = words[1:] if words[0] == "exec" else words
                if words[0] == "ecsinfer":
                    yield words[1 : words.index("||") if "||" in words else None]


COMMANDS = list(commands())


def test_it_rehearses_plans_and_deploys() -> None:
    assert list(JOBS) == ["rehearse", "plan", "deploy"]
    assert {words[0] for words in COMMANDS} >= {"validate", "plan", "deploy", "destroy"}


@pytest.mark.parametrize("words", COMMANDS, ids=shlex.join)
def test_every_command_of_it_and_its_options_exist(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plan.json").touch()  # which an earlier job has made
    name, *options = words
    with click.Context(cli) as context:
        command = cli.get_command(context, name)
        assert command is not None
        command.make_context(name, options, context)


def test_what_changes_an_account_is_confirmed_by_a_flag() -> None:
    changing = [words for words in COMMANDS if words[0] in ("deploy", "destroy")]
    assert all(("--sandbox" in words) != ("--yes" in words) for words in changing)


@pytest.mark.parametrize(("code", "passes"), [(0, True), (10, True), (2, False), (8, False)])
def test_the_planning_step_passes_on_changes_and_fails_on_errors(
    code: int, passes: bool, tmp_path: Path
) -> None:
    (step,) = (step for step in JOBS["plan"]["steps"] if step.get("id") == "plan")
    script = f"ecsinfer() {{ return {code}; }}\n{step['run']}"
    output = tmp_path / "output"
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        env={"GITHUB_OUTPUT": str(output), "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert (done.returncode == 0) == passes
    assert output.read_text() == f"code={code}\n"


def test_what_a_cancellation_must_reach_is_the_step_s_own_process() -> None:
    (run,) = (step["run"] for step in JOBS["deploy"]["steps"] if "--plan" in step.get("run", ""))
    assert run.startswith("exec ecsinfer deploy ")

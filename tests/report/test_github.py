"""What a GitHub workflow shows of a run."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ecsinfer import events
from ecsinfer.cli.main import run
from ecsinfer.report.github import GithubSink, active, annotated_outcome, command
from ecsinfer.report.jsonl import Answer
from ecsinfer.report.summary import cell
from ecsinfer.report.terminal import sink

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FAILED = events.ActionFailed("service/llm", "create", "it 100%\nfailed", "fix | it", ("AWS: <no>",))
END = events.Finished("failed", 3, 61, 4, 2, hint="deploy again", error="it failed")
DONE = events.Finished("done", 0, 61, 4, 2, {"service/llm": {"name": "llm", "arn": "arn:llm"}})


def told(*run: events.Event, summary: Path | None = None) -> list[str]:
    stream = io.StringIO()
    environment = {"GITHUB_ACTIONS": "true"}
    if summary is not None:
        environment["GITHUB_STEP_SUMMARY"] = str(summary)
    tell = GithubSink(stream, lambda: NOON, environment)
    for event in run:
        tell(event)
    return stream.getvalue().splitlines()


def test_what_could_end_a_workflow_command_or_its_property_is_escaped() -> None:
    assert command("error", "50%\r\nx: a, b") == "::error::50%25%0Ax: a, b"
    assert command("error", "\x1b[2Ja\x07") == "::error::a\\x07"
    assert command("error", "x", file="a,b:c%", line=0) == "::error file=a%2Cb%3Ac%25::x"


def test_groups_follow_each_other_and_are_never_nested() -> None:
    lines = told(
        events.ActionStarted("cluster/a", "create"),
        events.ActionStarted("service/b", "create"),
        DONE,
    )
    commands = [line for line in lines if line.startswith("::")]
    assert commands == [
        "::group::cluster/a: create", "::endgroup::", "::group::service/b: create", "::endgroup::",
    ]  # fmt: skip


def test_what_failed_is_told_outside_of_any_group() -> None:
    lines = told(events.ActionStarted("service/llm", "create"), FAILED, END)
    assert lines.index("::endgroup::") < lines.index("12:00:00 service/llm: failed: it 100%")


def test_why_a_run_failed_is_one_annotation_with_all_that_is_known_of_it() -> None:
    cause = events.Cause("image-not-found", "no such image", ("pull failed",), ("push it",))
    failed = events.Outcome(
        "failed", 3, error="it failed", hint="again", evidence=("AWS: 50%",), causes=(cause,)
    )
    assert annotated_outcome(failed).split("%0A") == [
        "::error::it failed", "cause: no such image [image-not-found]", "  pull failed",
        "  try: push it", "what AWS said:", "  AWS: 50%25", "try: again",
    ]  # fmt: skip


INJECTED = "llm | Traceback:\n::error title=PWN::injected\n  ::add-mask::llm\n##[error]old\x1b[2J"


def test_what_a_container_says_is_no_workflow_command() -> None:
    cause = events.Cause("crash-loop", "it ends", (INJECTED,))
    lines = told(
        events.Explained("service/llm", (cause,)),
        events.ActionFailed("service/llm", "create", INJECTED, ""),
        events.Finished("failed", 3, 1, 0, 0),
    )
    assert len(lines) == 11
    assert not [each for each in lines if each.lstrip().startswith("::") or "##[" in each]
    assert not any("\x1b" in each for each in lines)
    outcome = events.Outcome("failed", 3, error=INJECTED, evidence=(INJECTED,), causes=(cause,))
    annotation = annotated_outcome(outcome)
    assert annotation.startswith("::error::llm | Traceback:%0A| ::error title=PWN::injected%0A")
    assert "\n" not in annotation
    assert "\x1b" not in annotation


def test_what_a_container_says_is_no_markdown_in_the_summary() -> None:
    assert cell("![x](https://a.b) `c` \\[d](e) | **f** <g>\nh") == (
        r"!\[x\](https://a.b) \`c\` \\\[d\](e) \| \*\*f\*\* &lt;g> h"
    )


def test_a_warning_is_an_annotation() -> None:
    assert told(events.Warned("slow", node="service/llm")) == ["::warning::service/llm: slow"]


def test_the_summary_is_appended_and_tells_actions_causes_and_what_to_try(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    cause = events.Cause("image-not-found", "no such image", (), ("push it",))
    explained = events.Explained("service/llm", (cause,))
    end = replace(END, causes=(cause,))
    told(events.Started("deploy", "app", "1", "us-east-1"), explained, FAILED, end, summary=summary)
    text = summary.read_text()
    assert text.startswith("before\n### ecsinfer deploy app: failed after 1m 01s\n")
    for line in (
        "| service/llm | create | failed |", "- no such image", "  - push it", "- AWS: &lt;no>",
        "- it failed", "Try: deploy again",
    ):  # fmt: skip
        assert line in text.splitlines()


def test_the_summary_of_a_failure_tells_the_causes_that_held_at_its_end(tmp_path: Path) -> None:
    early, late = (
        events.Cause(code, code, (), ()) for code in ("instances-never-join", "crash-loop")
    )
    explained = events.Explained("service/llm", (early, late))
    told(explained, FAILED, replace(END, causes=(late,)), summary=tmp_path / "made.md")
    lines = (tmp_path / "made.md").read_text().splitlines()
    assert "- crash-loop" in lines
    assert "- instances-never-join" not in lines

    told(explained, FAILED, END, summary=tmp_path / "none.md")
    assert "Why, and what to try" not in (tmp_path / "none.md").read_text()

    told(explained, replace(END, error="interrupted"), summary=tmp_path / "interrupted.md")
    assert "- crash-loop\n" in (tmp_path / "interrupted.md").read_text()


def test_the_summary_of_a_success_tells_the_arns_of_what_runs(tmp_path: Path) -> None:
    told(events.Started("deploy", "app", "1", "us-east-1"), DONE, summary=tmp_path / "made.md")
    assert "- service/llm: `arn:llm`\n" in (tmp_path / "made.md").read_text()


def test_the_summary_of_a_success_tells_what_it_waited_for_without_advice(tmp_path: Path) -> None:
    cause = events.Cause("no-instances", "no instance has room", (), ("launch one",))
    begun = events.Started("deploy", "app", "1", "us-east-1")
    told(begun, events.Explained("service/llm", (cause,)), DONE, summary=tmp_path / "made.md")
    text = (tmp_path / "made.md").read_text()
    assert text.endswith(
        "**What it waited for**\n\n- no instance has room\n\n"
        "**What runs**\n\n- service/llm: `arn:llm`\n"
    )


def test_it_is_chosen_in_a_workflow_only_and_leaves_json_lines_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert active({"GITHUB_ACTIONS": "true"})
    assert not active({})
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for output, commands in (("text", 1), ("json", 1), ("jsonl", 0)):
        emit, close = sink(Answer(output), lambda: NOON)
        emit(events.ActionStarted("cluster/a", "create"))
        close()
        written = capsys.readouterr()
        assert (written.out + written.err).count("::group::") == commands


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A step of a workflow, run in a directory of the checkout; its summary."""
    (tmp_path / "deploy").mkdir()
    monkeypatch.chdir(tmp_path / "deploy")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    return tmp_path / "summary.md"


def test_a_problem_of_the_spec_is_an_annotation_at_its_line_of_the_checkout(
    step: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("ecsinfer.yaml").write_text("name: a\nservices:\n  b:\n    imagee: x\n")
    assert run(["plan"]) == 2
    lines = capsys.readouterr().err.splitlines()
    where = "file=deploy/ecsinfer.yaml,line=4,col=5,title=invalid spec"
    assert f"::error {where}::services.b.imagee: there is no such key%0Atry: image" in lines
    assert [line for line in lines if not line.startswith("::error ")] == []
    assert step.read_text().startswith("### ecsinfer plan ended with exit code 2\n")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["deploy", "--adpt"], "::error::No such option '--adpt'."),
        (["init"], "::error::init needs either --preset or --from-service%0Atry: --preset"),
    ],
)
def test_a_wrong_command_line_is_an_annotation(
    arguments: list[str], expected: str, step: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert capsys.readouterr().err.startswith(expected)
    assert "\n- try: " in step.read_text()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--set", "services.b.imagee=x"], "--set services.b.imagee: services.b.imagee: there is"),
        (["--env", "prod"], "--env prod: there is no overlay"),
    ],
)
def test_a_problem_of_an_option_is_an_annotation_without_a_file(
    options: list[str], expected: str, step: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("ecsinfer.yaml").write_text("name: a\nservices: {b: {image: x}}\n")
    assert run(["plan", *options]) == 2
    assert f"::error title=invalid spec::{expected}" in capsys.readouterr().err

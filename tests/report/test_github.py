"""What a GitHub workflow shows of a run."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

from ecsinfer import events
from ecsinfer.report.github import GithubSink, active, escaped

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FAILED = events.ActionFailed("service/llm", "create", "it 100%\nfailed", "fix | it", ("AWS: <no>",))
END = events.Finished("failed", 3, 61, 4, 2, {"url": "http://a"}, "deploy again")


def told(*run: events.Event, summary: Path | None = None) -> list[str]:
    stream = io.StringIO()
    sink = GithubSink(stream, lambda: NOON, summary)
    for event in run:
        sink(event)
    return stream.getvalue().splitlines()


def test_what_could_end_a_workflow_command_is_escaped() -> None:
    assert escaped("50%\r\nx") == "50%25%0D%0Ax"


def test_groups_follow_each_other_and_are_never_nested() -> None:
    lines = told(
        events.ActionStarted("cluster/a", "create"),
        events.ActionStarted("service/b", "create"),
        END,
    )
    commands = [line for line in lines if line.startswith("::")]
    assert commands == [
        "::group::cluster/a: create", "::endgroup::", "::group::service/b: create", "::endgroup::",
    ]  # fmt: skip


def test_a_failure_is_one_annotation_outside_of_any_group() -> None:
    lines = told(events.ActionStarted("service/llm", "create"), FAILED)
    assert lines.index("::endgroup::") < len(lines) - 1
    assert lines[-1] == "::error::it 100%25%0Afailed%0AAWS: <no>%0Atry: fix | it"


def test_a_warning_is_an_annotation() -> None:
    assert told(events.Warned("slow", node="service/llm"))[-1] == "::warning::service/llm: slow"


def test_the_summary_is_appended_and_tells_actions_causes_and_outputs(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    cause = events.Cause("image-not-found", "no such image", (), ("push it",))
    explained = events.Explained("service/llm", (cause,))
    told(events.Started("deploy", "app", "1", "us-east-1"), explained, FAILED, END, summary=summary)
    text = summary.read_text()
    assert text.startswith("before\n### ecsinfer deploy app: failed after 1m 01s\n")
    for line in (
        "| service/llm | create | failed |", "- no such image", "- push it", "- AWS: &lt;no>",
        "- `url`: http://a", "- try: deploy again",
    ):  # fmt: skip
        assert line in text.splitlines()


def test_it_is_chosen_in_a_workflow_only() -> None:
    assert active({"GITHUB_ACTIONS": "true"})
    assert not active({})

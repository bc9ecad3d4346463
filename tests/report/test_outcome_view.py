"""How a failure is told: its causes and, apart from them, what else AWS said."""

from __future__ import annotations

import io

from ecsinfer.events import Cause, Outcome
from ecsinfer.report.lines import bare
from ecsinfer.report.outcome_view import print_failure

CAUSE = Cause("disk-full", "the image does not fit", ("no space left",), ("larger disks",))


def written(*evidence: str) -> list[str]:
    stream = io.StringIO()
    outcome = Outcome(
        "failed", 3, error="it failed", hint="deploy again", evidence=evidence, causes=(CAUSE,)
    )
    print_failure(outcome, bare(stream))
    return stream.getvalue().splitlines()


def test_what_aws_said_has_a_heading_of_its_own_after_the_causes() -> None:
    assert written("It gave up.", "no space left") == [
        "error: it failed",
        "cause: the image does not fit [disk-full]",
        "  no space left",
        "  try: larger disks",
        "what AWS said:",
        "  It gave up.",
        "try: deploy again",
    ]


def test_there_is_no_heading_over_nothing_new() -> None:
    assert "what AWS said:" not in written("no space left")


def test_what_aws_said_in_several_lines_is_indented_and_has_no_control_characters() -> None:
    assert written("first\n::error::second\x1b[2J")[-4:] == [
        "what AWS said:",
        "  first",
        "  | ::error::second",
        "try: deploy again",
    ]

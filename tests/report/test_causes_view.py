from __future__ import annotations

import io

from ecsinfer.events import Cause
from ecsinfer.report.causes_view import print_causes
from ecsinfer.report.lines import bare

FULL = Cause("disk-full", "the image does not fit", ("no space left",), ("larger disks",))


def written(*causes: Cause) -> list[str]:
    stream = io.StringIO()
    print_causes(causes, bare(stream))
    return stream.getvalue().splitlines()


def test_a_cause_has_its_evidence_and_its_advice_below_it() -> None:
    alone = Cause(FULL.code, FULL.title, FULL.evidence, FULL.advice, ("service/llm",))
    assert written(alone) == [
        "cause: the image does not fit [disk-full]",
        "  no space left",
        "  try: larger disks",
    ]


def test_whose_cause_it_is_is_said_where_there_are_several() -> None:
    many = tuple(f"a/{number}" for number in range(7))
    first = Cause("alarm", "an alarm", nodes=many)
    assert written(first, Cause(FULL.code, FULL.title, nodes=("service/a",))) == [
        "cause: an alarm [alarm] (a/0, a/1, a/2, a/3, a/4 and 2 more)",
        "cause: the image does not fit [disk-full] (service/a)",
    ]


def test_what_was_said_in_several_lines_stays_below_its_cause() -> None:
    said = "llm | first\n::error::second\x1b]0;title\x07"
    assert written(Cause("crash-loop", "a title\nof AWS", (said,), ("x",))) == [
        "cause: a title of AWS [crash-loop]",
        "  llm | first",
        "  | ::error::second",
        "  try: x",
    ]

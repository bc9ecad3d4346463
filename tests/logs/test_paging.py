"""The last events of streams, over pages that tell less than they could."""

from __future__ import annotations

from collections.abc import Callable

from ecsinfer.logs import questions
from ecsinfer.logs.paging import last_events
from ecsinfer.model import Answer, Read
from tests.kinds.driving import rounds


def stream(*pages: str) -> Callable[[Read], Answer]:
    """GetLogEvents of a stream with these pages, the last one first; a letter is an event."""

    def answer(read: Read) -> Answer:
        number = int(read.params.get("nextToken", 0))
        events = pages[number] if number < len(pages) else ""
        following = min(number + 1, len(pages))
        return {
            "events": [{"message": each} for each in events],
            "nextBackwardToken": f"{following}",
        }

    return answer


def told(most: int, *pages: str) -> tuple[str, int]:
    """The last events of a stream, and how many pages were asked for."""
    read, answers = questions.last_lines("/app", "a", most), stream(*pages)
    (found,), asked = rounds(last_events([read], [answers(read)], most), {"GetLogEvents": answers})
    return "".join(each["message"] for each in found), 1 + len(asked)


def test_a_full_page_is_all() -> None:
    assert told(3, "def", "abc") == ("def", 1)


def test_what_a_page_lacks_is_looked_for_before_it_until_the_token_repeats() -> None:
    assert told(3, "", "bcd", "a") == ("bcd", 2)
    assert told(3, "d", "abc") == ("bcd", 2)
    assert told(3, "ab") == ("ab", 2)
    assert told(3) == ("", 2)


def test_three_pages_are_the_most() -> None:
    assert told(3, "", "", "", "abc") == ("", 3)


def test_streams_are_read_in_step_each_as_far_as_it_takes() -> None:
    streams = {"full": stream("yz"), "hidden": stream("", "kl")}

    def answer(read: Read) -> Answer:
        name = read.params["logStreamName"]
        return streams[name](read) if name in streams else {}

    reads = [questions.last_lines("/app", name, 2) for name in ("full", "gone", "hidden")]
    found, asked = rounds(
        last_events(reads, [answer(read) for read in reads], 2), {"GetLogEvents": answer}
    )
    assert ["".join(each["message"] for each in events) for events in found] == ["yz", "", "kl"]
    assert [[read.params["logStreamName"] for read in each] for each in asked] == [["hidden"]]

from collections.abc import Sequence

from ecsinfer.model import Answer, Read
from ecsinfer.status.memory import Remembering


class Counting:
    """Answers every read with its number, and counts them."""

    def __init__(self) -> None:
        self.asked: list[Read] = []

    def gather(self, reads: Sequence[Read]) -> list[Answer]:
        self.asked += reads
        return [{"number": len(self.asked) - len(reads) + index} for index in range(len(reads))]


def test_a_question_is_asked_once_whoever_asks_it_and_keeps_its_place() -> None:
    reader = Counting()
    remembering = Remembering(reader)
    first, second, third = (Read("ecs", "ListServices", {"cluster": name}) for name in "abc")
    assert remembering.gather([first, second, first]) == [
        {"number": 0},
        {"number": 1},
        {"number": 0},
    ]
    assert remembering.gather([third, second]) == [{"number": 2}, {"number": 1}]
    assert reader.asked == [first, second, third]

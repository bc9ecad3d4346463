from __future__ import annotations

from collections.abc import Sequence

from ecsinfer.model import Answer, Observation, Read
from ecsinfer.reconcile.observe import observe


def read(name: str) -> Read:
    return Read("ecs", "DescribeServices", {"name": name})


class Reader:
    """Answers every read with its name, and remembers the rounds."""

    def __init__(self) -> None:
        self.rounds: list[list[str]] = []

    def gather(self, reads: Sequence[Read]) -> list[Answer]:
        if reads:
            self.rounds.append([each.params["name"] for each in reads])
        return [{"name": each.params["name"]} for each in reads]


def chain(*groups: tuple[str, ...]) -> Observation[list[str]]:
    """Asks group after group; returns all answers."""
    seen = []
    for group in groups:
        answers = yield tuple(read(name) for name in group)
        seen += [answer["name"] for answer in answers]
    return seen


def test_observations_advance_in_step() -> None:
    reader = Reader()

    seen = observe(reader, {"x": chain(("a", "b"), ("c",)), "y": chain(("d",), ("e",), ("f",))})

    assert seen == {"x": ["a", "b", "c"], "y": ["d", "e", "f"]}
    assert reader.rounds == [["a", "b", "d"], ["c", "e"], ["f"]]


def test_an_observation_may_ask_nothing() -> None:
    assert observe(Reader(), {"x": chain(), "y": chain(())}) == {"x": [], "y": []}

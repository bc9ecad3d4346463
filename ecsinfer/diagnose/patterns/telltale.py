"""Causes that one sentence of AWS gives away: a table instead of functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ecsinfer.diagnose.catalogue import cause
from ecsinfer.diagnose.facts import Facts
from ecsinfer.events import Cause

Pattern: TypeAlias = Callable[[Facts], Cause | None]

_OPTIONAL = re.compile(r"\[([^]]*)\]")
_NAME = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Telltale:
    """A sentence and what it means.

    Attributes:
        code: of the cause.
        sentence: what AWS says; its named groups may be used in `title` and `advice`, and what is
            in brackets is told only when AWS named all that it speaks of.
        title: the cause.
        advice: what to do about it.
        texts: where the sentence is looked for; why tasks stopped, by default.
        listed: named groups of which every value is told, not only the first.
    """

    code: str
    sentence: re.Pattern[str]
    title: str
    advice: tuple[str, ...]
    texts: Callable[[Facts], Iterable[str]] = lambda facts: facts.reasons
    listed: tuple[str, ...] = ()

    def __call__(self, facts: Facts) -> Cause | None:
        """The cause, when the sentence was said."""
        said = [
            (text, match) for text in self.texts(facts) if (match := self.sentence.search(text))
        ]
        if not said:
            return None
        words = said[0][1].groupdict(default="")
        for name in self.listed:
            words[name] = ", ".join(sorted({match[name] for _, match in said if match[name]}))
        return cause(
            self.code,
            _filled(self.title, words),
            (text for text, _ in said),
            *filter(None, (_filled(line, words) for line in self.advice)),
        )


def _filled(text: str, words: Mapping[str, str]) -> str:
    def kept(part: re.Match[str]) -> str:
        return part[1] if all(words[name] for name in _NAME.findall(part[1])) else ""

    return _OPTIONAL.sub(kept, text).format(**words)


def sentence(text: str) -> re.Pattern[str]:
    """A regular expression over a sentence, in whatever case AWS writes it."""
    return re.compile(text, re.IGNORECASE | re.DOTALL)


def events(facts: Facts) -> Iterable[str]:
    """What the service scheduler said since the deployment began."""
    return (event.text for event in facts.events)

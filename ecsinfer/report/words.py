"""The words and signs that every report shares."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ecsinfer.model import Change, Verb

SIGN: Mapping[Verb, str] = {
    Verb.CREATE: "+",
    Verb.UPDATE: "~",
    Verb.REVISE: "~",
    Verb.REPLACE: "!",
    Verb.DELETE: "-",
    Verb.AWAIT: ">",
    Verb.KEEP: "=",
    Verb.RETAIN: "=",
}
COLOUR: Mapping[Verb, str] = {
    Verb.CREATE: "green",
    Verb.UPDATE: "yellow",
    Verb.REVISE: "yellow",
    Verb.REPLACE: "red",
    Verb.DELETE: "red",
    Verb.AWAIT: "cyan",
    Verb.KEEP: "dim",
    Verb.RETAIN: "dim",
}
PHRASE: Mapping[Verb, str] = {
    Verb.CREATE: "create",
    Verb.UPDATE: "update",
    Verb.REVISE: "register a new revision",
    Verb.REPLACE: "replace",
    Verb.DELETE: "delete",
    Verb.AWAIT: "wait for",
    Verb.KEEP: "unchanged",
    Verb.RETAIN: "kept",
}
DONE: Mapping[Verb, str] = {
    Verb.CREATE: "created",
    Verb.UPDATE: "updated",
    Verb.REVISE: "new revision registered",
    Verb.REPLACE: "replaced",
    Verb.DELETE: "deleted",
    Verb.AWAIT: "ready",
    Verb.KEEP: "unchanged",
    Verb.RETAIN: "kept",
}
"""What is said when it is done."""
SIMULATED = "embedded AWS: capacity, timings and prices are simulated"


def place(account: str, region: str, endpoint: str, *, simulated: bool) -> str:
    """Where a run applies, on one line."""
    where = f"account {account}, region {region}"
    if endpoint:
        where += f", endpoint {endpoint}"
    return f"{where} ({SIMULATED})" if simulated else where


_PROMISED = "(known after apply)"

_BEFORE = 15
"""Characters that are left of what two values have in common."""

_DIGEST = re.compile(r"(@sha256:[0-9a-f]{12})[0-9a-f]+$")
"""A digest, of which the first digits tell images apart."""

_IMAGE = re.compile(r"[\w.:-]+(/[\w.-]+)+(:[\w.-]+)?(@sha256:[0-9a-f.]+)?$")
"""An image with its registry."""


def shown(value: Any, width: int = 60) -> str:
    """A field's value, short enough for a line; a promised one as such.

    Of an image the repository, the tag and the first digits of the digest are kept.
    """
    text = _DIGEST.sub(r"\1...", _flat(value))
    if len(text) <= width:
        return text
    if text.startswith("arn:"):  # the end of an ARN tells more than its beginning
        return "..." + text[-(width - 3) :]
    if _IMAGE.match(text):  # and that of an image; no name is cut in two
        slash = text.find("/", len(text) - (width - 3))
        return "..." + text[slash if slash >= 0 else -(width - 3) :]
    return text[: width - 3] + "..."


def contrasted(old: Any, new: Any, width: int = 60) -> tuple[str, str]:
    """What a field was and will be; where both are shortened to the same, what differs is kept."""
    short = shown(old, width), shown(new, width)
    if short[0] != short[1] or old == new or short[0] == _PROMISED:
        return short
    one, other = _flat(old), _flat(new)
    if one == other:  # 1 and "1"
        one, other = repr(old), repr(new)
    pairs = enumerate(itertools.zip_longest(one, other))
    start = max(0, next((at for at, pair in pairs if pair[0] != pair[1]), 0) - _BEFORE)
    return _part(one, start, width), _part(other, start, width)


def _part(text: str, start: int, width: int) -> str:
    part = ("..." if start else "") + text[start:]
    return part if len(part) <= width else part[: width - 3] + "..."


def _flat(value: Any) -> str:
    """The value on one line, whole."""
    if value is None:
        return "(none)"
    text = str(value)
    if text.startswith("${") and "#" in text:
        return _PROMISED
    if isinstance(value, Mapping):
        text = ", ".join(f"{key}={_flat(item)}" for key, item in value.items())
    elif isinstance(value, (list, tuple)):
        text = "[" + ", ".join(map(_flat, value)) + "]"
    return " ".join(text.splitlines())


def effects(changes: Iterable[Change]) -> list[Change]:
    """One change of every effect, the gravest first."""
    order = ("replace", "rollout", "new-revision", "in-place")
    found = {change.effect: change for change in changes}
    return [found[effect] for effect in order if effect in found]


def progress_line(progress: Mapping[str, Any]) -> str:
    """``2/3 running, 1 pending``: what a rollout's numbers say, empty without numbers."""
    if "desired" not in progress:
        return ""
    parts = [f"{progress.get('running', 0)}/{progress['desired']} running"]
    parts += [f"{progress[name]} {name}" for name in ("pending", "failed") if progress.get(name)]
    if progress.get("stage"):
        parts.append(str(progress["stage"]).lower().replace("_", " "))
    return ", ".join(parts)

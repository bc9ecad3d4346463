"""The words and signs that every report shares."""

from __future__ import annotations

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
SIMULATED = "embedded AWS: capacity, timings and prices are simulated"


def place(account: str, region: str, endpoint: str, *, simulated: bool) -> str:
    """Where a run applies, on one line."""
    where = f"account {account}, region {region}"
    if endpoint:
        where += f", endpoint {endpoint}"
    return f"{where} ({SIMULATED})" if simulated else where


def shown(value: Any, width: int = 60) -> str:
    """A field's value, short enough for a line; a promised one as ``(known after apply)``."""
    if value is None:
        return "(none)"
    text = str(value)
    if text.startswith("${") and "#" in text:
        return "(known after apply)"
    if isinstance(value, Mapping):
        text = ", ".join(f"{key}={shown(item)}" for key, item in value.items())
    elif isinstance(value, (list, tuple)):
        text = "[" + ", ".join(shown(item) for item in value) + "]"
    text = " ".join(text.splitlines())
    if len(text) <= width:
        return text
    if text.startswith("arn:"):  # the end of an ARN tells more than its beginning
        return "..." + text[-(width - 3) :]
    return text[: width - 3] + "..."


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

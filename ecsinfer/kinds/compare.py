"""One-sided comparison: only what the spec declares can differ (D29)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ecsinfer.model import Change, Effect, Ready, Verb, Verdict


def differences(
    desired: Mapping[str, Any],
    observed: Mapping[str, Any],
    *,
    path: str = "",
    effect: Effect = "in-place",
) -> tuple[Change, ...]:
    """The declared fields whose observed value is another; a list that differs differs whole."""
    return tuple(_differences(desired, observed, path, effect))


def _differences(
    desired: Mapping[str, Any], observed: Mapping[str, Any], path: str, effect: Effect
) -> Iterator[Change]:
    for key in sorted(desired):
        here = f"{path}.{key}" if path else key
        new, old = desired[key], observed.get(key)
        if isinstance(new, Mapping) and isinstance(old, Mapping):
            yield from _differences(new, old, here, effect)
        elif not _equal(new, old):
            yield Change(here, old, new, effect)


def _equal(new: Any, old: Any) -> bool:
    if isinstance(new, Mapping) and isinstance(old, Mapping):
        return all(_equal(value, old.get(key)) for key, value in new.items())
    if isinstance(new, list | tuple) and isinstance(old, list | tuple):
        return len(new) == len(old) and all(map(_equal, new, old))
    # Missing, null, [] and {} are one and the same to AWS (C10.1); false and 0 are not.
    return bool(new == old) or (_nothing(new) and _nothing(old))


def _nothing(value: Any) -> bool:
    return value is None or (isinstance(value, list | tuple | dict) and not value)


def verb_for(changes: tuple[Change, ...], verdict: Verdict) -> Verb:
    """UPDATE what differs, AWAIT what is on its way, KEEP the rest."""
    if changes:
        return Verb.UPDATE
    return Verb.KEEP if isinstance(verdict, Ready) else Verb.AWAIT

"""Whose a resource is: the tags that ecsinfer writes, and the refusal to touch what lacks them.

AWS is the state, so the tags are all that says what we created:

- ``ecsinfer:app``: the application, on everything that carries tags.
- ``ecsinfer:digest``: the content of a task definition, on its revision and on the service.
- ``ecsinfer:revision``: the revision that was deployed last, on the service.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ecsinfer.errors import OwnershipError
from ecsinfer.model import Change

APP = "ecsinfer:app"
DIGEST = "ecsinfer:digest"
REVISION = "ecsinfer:revision"

OWN_TAGS = frozenset(f"tags.{name}" for name in (APP, DIGEST, REVISION))
"""The paths under which our tags are in a plan."""


def tag_map(tags: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """ECS's list of tags as a mapping."""
    return {tag["key"]: tag.get("value", "") for tag in tags or ()}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """A mapping as ECS's list of tags, sorted, so that a plan reads the same every time."""
    return [{"key": key, "value": tags[key]} for key in sorted(tags)]


def ours(tags: Mapping[str, str], application: str) -> bool:
    """Whether the tags say that `application` created it."""
    return tags.get(APP) == application


def require_ours(what: str, tags: Mapping[str, str], application: str, *, adopt: bool) -> None:
    """Refuse a namesake that is not ours, unless the user adopts it.

    Raises:
        OwnershipError: no tag, or another application's.
    """
    if adopt or ours(tags, application):
        return
    owner = tags.get(APP)
    whose = f"belongs to the ecsinfer application {owner!r}" if owner else f"has no tag {APP}"
    raise OwnershipError(
        f"{what} exists already and {whose}",
        hint="choose another name in the spec, or take it over with --adopt",
    )


def permitted(
    what: str,
    changes: tuple[Change, ...],
    tags: Mapping[str, str],
    application: str,
    *,
    adopt: bool,
) -> tuple[Change, ...]:
    """The changes that may be made to something that exists.

    What nobody's tag claims and differs in nothing but our own tags is used as it is: looking
    harms nobody, and only a write needs --adopt.

    Raises:
        OwnershipError: it is not ours, is not adopted, and would have to be changed.
    """
    free = APP not in tags and not adopt
    if free and all(change.path in OWN_TAGS for change in changes):
        return ()
    require_ours(what, tags, application, adopt=adopt)
    return changes


def tag_changes(desired: Mapping[str, str], observed: Mapping[str, str]) -> tuple[Change, ...]:
    """Our tags that are missing or differ; other people's tags are nobody's business."""
    return tuple(
        Change(f"tags.{key}", observed.get(key), value)
        for key, value in sorted(desired.items())
        if observed.get(key) != value
    )

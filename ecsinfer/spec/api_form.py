"""A value in AWS's own form against AWS's model of it: names, types and words of enumerations."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ecsinfer.capacity.amounts import cpu_units, mebibytes
from ecsinfer.spec.aws_model import Shapes
from ecsinfer.spec.interpolation import unresolved
from ecsinfer.spec.tree import Node, Path, kind_of

_LARGEST = {"integer": 2**31, "long": 2**63}
_AMOUNTS: Mapping[str, tuple[Callable[[object], int], str, str]] = {
    "cpu": (cpu_units, "CPU", "'1024', or 1 vCPU"),
    "memory": (mebibytes, "memory", "'2048', or 2 GB"),
}
_GPUS = re.compile(r"ALL|[1-9][0-9]?|0?\.[0-9]*[1-9][0-9]*")
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "ClusterSetting": ("name", "value"),
    "ContainerDefinition": ("name",),
    "KeyValuePair": ("name",),
    "Tag": ("key",),
}
"""What AWS requires of shapes whose model says that nothing is."""
_UPGRADE = "remove it, or upgrade boto3 if AWS has it and this botocore does not yet"
_MOST_NAMED = 12
"""Words that are all named; of more there are only those that are near."""


class Against(NamedTuple):
    """What a value is held against.

    Attributes:
        shapes: the model.
        literal: whether an interpolation is text like any other; else AWS is still to answer it.
    """

    shapes: Shapes
    literal: bool = False

    def open(self, value: Any) -> bool:
        """Whether it is not known yet what the value is."""
        return not self.literal and isinstance(value, str) and unresolved(value)


class Misfit(NamedTuple):
    """What does not fit: where, what, and what to write instead."""

    path: Path
    text: str
    hint: str = ""


class Fitted(NamedTuple):
    """A value against its model.

    Attributes:
        node: the value without what does not fit; None when nothing of it does.
        misfits: what does not fit.
    """

    node: Node | None
    misfits: tuple[Misfit, ...] = ()


def fit(node: Node, shape: str, against: Against, path: Path, *, whole: bool) -> Fitted:
    """The value as one of a shape.

    Args:
        node: the value.
        shape: the name of its shape.
        against: the model, and what is known of the text.
        path: where the value is.
        whole: whether it stands alone, so that what is required must be there and null says
            nothing; otherwise it is laid over something else, and null takes away.
    """
    model = against.shapes[shape]
    if model.get("document"):
        return Fitted(node)
    if node.value is None:
        return _refused(path, "null says nothing here", "remove it") if whole else Fitted(node)
    kind = str(model["type"])
    if kind == "structure":
        return _structure(node, shape, against, path, whole=whole)
    if kind == "map":
        return _map(node, model, against, path, whole=whole)
    if kind == "list":
        return _list(node, model, against, path)
    return Fitted(node) if against.open(node.value) else _scalar(node, model, path)


def _refused(path: Path, text: str, hint: str = "") -> Fitted:
    return Fitted(None, (Misfit(path, text, hint),))


def _structure(node: Node, shape: str, against: Against, path: Path, *, whole: bool) -> Fitted:
    if not isinstance(node.value, Mapping):
        return _refused(path, f"expected a mapping, found {kind_of(node.value)}")
    model = against.shapes[shape]
    members = model.get("members", {})
    required = (*model.get("required", ()), *_NEEDED.get(shape, ()))
    entries: dict[str, Node] = {}
    misfits: list[Misfit] = []
    for key, item in node.entries.items():
        here = (*path, key)
        if key not in members:
            misfits.append(Misfit(here, "AWS has no such field", _instead(key, members)))
        elif item.value is None and not whole and key in required:
            misfits.append(Misfit(here, "AWS requires it, so it cannot be removed", "its value"))
        else:
            fitted = fit(item, members[key]["shape"], against, here, whole=whole)
            misfits += fitted.misfits
            entries |= {} if fitted.node is None else {key: fitted.node}
    for key, text, hint in _misformed(shape, entries, against):
        misfits.append(Misfit((*path, key), text, hint))
        del entries[key]
    missing = [key for key in required if key not in node.entries] if whole else []
    misfits += (Misfit((*path, key), "is required, and is missing") for key in missing)
    lacking = whole and any(key not in entries for key in required)
    return Fitted(None if lacking else replace(node, value=entries), tuple(misfits))


def _misformed(
    shape: str, entries: Mapping[str, Node], against: Against
) -> Iterator[tuple[str, str, str]]:
    """Texts that the model takes and AWS does not."""
    said = {key: item.value for key, item in entries.items() if not against.open(item.value)}
    if shape == "RegisterTaskDefinitionRequest":
        for key, (read, what, instead) in _AMOUNTS.items():
            if said.get(key) is not None and not _legible(read, said[key]):
                yield key, f"this is no amount of {what}", instead
    gpus = (
        said.get("value") if shape == "ResourceRequirement" and said.get("type") == "GPU" else None
    )
    if gpus is not None and not _GPUS.fullmatch(str(gpus)):
        yield "value", "GPUs are a whole number, ALL, or a fraction (G6f, Gr6f)", "'1'"


def _legible(read: Callable[[object], int], value: object) -> bool:
    try:
        read(value)
    except ValueError:
        return False
    return True


def _map(
    node: Node, model: Mapping[str, Any], against: Against, path: Path, *, whole: bool
) -> Fitted:
    if not isinstance(node.value, Mapping):
        return _refused(path, f"expected a mapping, found {kind_of(node.value)}")
    fitted = {
        key: fit(item, model["value"]["shape"], against, (*path, key), whole=whole)
        for key, item in node.entries.items()
    }
    return Fitted(
        replace(node, value={key: each.node for key, each in fitted.items() if each.node}),
        tuple(_all(fitted.values())),
    )


def _list(node: Node, model: Mapping[str, Any], against: Against, path: Path) -> Fitted:
    if not isinstance(node.value, tuple):
        return _refused(path, f"expected a list, found {kind_of(node.value)}", "[first, second]")
    # A list is never merged: what is in it stands alone.
    fitted = [
        fit(item, model["member"]["shape"], against, (*path, index), whole=True)
        for index, item in enumerate(node.value)
    ]
    return Fitted(
        replace(node, value=tuple(each.node for each in fitted if each.node)), tuple(_all(fitted))
    )


def _all(fitted: Iterable[Fitted]) -> Iterator[Misfit]:
    for each in fitted:
        yield from each.misfits


def _scalar(node: Node, model: Mapping[str, Any], path: Path) -> Fitted:
    value, kind = node.value, str(model["type"])
    what, fits = _KINDS.get(kind, _KINDS["string"])
    if not fits(value):
        hint = "put it in quotes" if kind == "string" and isinstance(value, int | float) else ""
        return _refused(path, f"expected {what}, found {kind_of(value)}", hint)
    if (
        kind in _LARGEST
        and isinstance(value, int)
        and not -_LARGEST[kind] <= value < _LARGEST[kind]
    ):
        return _refused(path, f"must be less than {_LARGEST[kind]}, and not less than its negative")
    words = model.get("enum", ())
    if words and value not in words:
        near = difflib.get_close_matches(str(value).upper(), {word.upper() for word in words}, 1)
        hint = next((word for word in words if near and word.upper() == near[0]), "")
        named = ", ".join(words) if len(words) <= _MOST_NAMED else "AWS's own words"
        return _refused(path, f"must be one of {named}", hint)
    return Fitted(node)


def _instead(key: str, members: Mapping[str, Any]) -> str:
    """The field that was probably meant; all of them where there are few."""
    plain = {_plain(name): name for name in members}
    near = difflib.get_close_matches(_plain(key), plain, 1)
    if near:
        return plain[near[0]]
    return f"one of {', '.join(members)}" if 0 < len(members) <= _MOST_NAMED else _UPGRADE


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _whole_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    return _whole_number(value) or (isinstance(value, float) and math.isfinite(value))


_KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "string": ("text", lambda value: isinstance(value, str)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "integer": ("a whole number", _whole_number),
    "long": ("a whole number", _whole_number),
    "float": ("a number", _number),
    "double": ("a number", _number),
}

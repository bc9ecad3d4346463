"""A spec as text: YAML that the loader reads back to the very same values, under a comment."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from ecsinfer.importing.document import Imported

_WIDTH = 100
_SHORT = 80
"""What fits on as many characters is written on one line."""
_GUIDANCE = (
    "As long as nothing is changed here, `ecsinfer plan` finds nothing to do. `ecsinfer deploy "
    "--adopt` takes over {what}: it writes ecsinfer's tags, and from then on changes here are "
    "deployed."
)
_ABOUT = {
    "cluster": "Somebody else's: used as it is, never changed or deleted.",
    "capacity": "Somebody else's, too.",
}
_ABOUT_SERVICE = {
    "task_definition": "Used as it is, with images pinned to their digests.",
    "replicas": "How many run now; `scaling` instead lets them follow the load.",
    "scaling": "A service that is created anew starts with `min`.",
    "overrides": "What the spec has no words for, in AWS's own.",
}
"""Word of a service -> what its reader should know."""


class _Block(dict[str, Any]):
    """A mapping that stays a key a line."""


class _Dumper(yaml.SafeDumper):
    """Plain YAML: no anchors, which the loader would have to follow, and short things in a line."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  the signature of PyYAML
        return True

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> Any:
        short = _is_short(mapping, mapping.values())
        return super().represent_mapping(tag, mapping, flow_style=short or flow_style)

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> Any:
        short = _is_short(sequence, sequence)
        return super().represent_sequence(tag, sequence, flow_style=short or flow_style)

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002  likewise
        super().increase_indent(flow, False)


_Dumper.add_representer(
    _Block,
    lambda dumper, data: yaml.SafeDumper.represent_mapping(
        dumper, "tag:yaml.org,2002:map", data, flow_style=False
    ),
)


def _is_short(value: Any, inner: Iterable[Any]) -> bool:
    flat = not any(isinstance(each, Mapping | list) for each in inner)
    return flat and len(str(value)) <= _SHORT


def spec_text(imported: Imported, source: str) -> str:
    """The spec of what runs, with comments.

    Args:
        imported: the spec.
        source: what it was made from, for the reader.
    """
    document = _literal(imported.document)
    services = document.pop("services")
    what = "the service" if len(services) == 1 else "the services"
    heading = (
        f"Made from {source} by ecsinfer init.",
        _GUIDANCE.format(what=what),
        *imported.notes,
    )
    lines = ["\n#\n".join(map(_comment, heading))]
    for word, value in document.items():
        lines += ([""] if isinstance(value, Mapping) else []) + _entry(word, value, _ABOUT)
    lines += ["", "services:"]
    for number, (key, service) in enumerate(services.items()):
        lines += [*([""] if number else ()), f"  {key}:"]
        for word, value in service.items():
            lines += _entry(word, value, _ABOUT_SERVICE, indent="    ")
    return "\n".join(lines) + "\n"


def task_definition_text(definition: Mapping[str, Any]) -> str:
    """The file of a task definition: JSON, not interpolated."""
    return json.dumps(definition, indent=2, default=str) + "\n"


def _entry(word: str, value: Any, about: Mapping[str, str], *, indent: str = "") -> list[str]:
    """A word with its value, under what is to be said about it."""
    comment = [f"{indent}# {about[word]}"] if word in about else []
    text = yaml.dump(
        _Block({word: value}),
        Dumper=_Dumper,
        default_flow_style=False,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH - len(indent),
    )
    return [*comment, textwrap.indent(text.rstrip("\n"), indent)]


def _comment(text: str) -> str:
    lines = textwrap.wrap(text, _WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    return "\n".join(f"# {line}" for line in lines)


def _literal(value: Any) -> Any:
    """The value with every ``${`` written so that it is not interpolated."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, Mapping):
        return {key: _literal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_literal(item) for item in value]
    return value

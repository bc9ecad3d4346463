"""A spec as text: YAML that the loader reads back to the very same values, under a comment."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from typing import Any

import yaml

from ecsinfer.importing.document import Imported

_WIDTH = 100
_GUIDANCE = (
    "As long as nothing is changed here, `ecsinfer plan` finds nothing to do. `ecsinfer deploy "
    "--adopt` takes the service over: it writes ecsinfer's tags, and from then on changes here are "
    "deployed. The cluster and its capacity stay somebody else's (existing: true)."
)


class _Dumper(yaml.SafeDumper):
    """Plain YAML: no anchors, which the loader would have to follow."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  the signature of PyYAML
        return True


def spec_text(imported: Imported, source: str) -> str:
    """The spec of what runs, with comments.

    Args:
        imported: the spec.
        source: what it was made from, for the reader.
    """
    heading = (
        f"Made from {source} by ecsinfer init.",
        _GUIDANCE,
        *imported.notes,
    )
    comment = "\n#\n".join(map(_comment, heading))
    body = yaml.dump(
        _literal(imported.document),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
    )
    return f"{comment}\n{body}"


def task_definition_text(imported: Imported) -> str:
    """The file of the task definition: JSON, not interpolated."""
    return json.dumps(imported.task_definition, indent=2, default=str) + "\n"


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

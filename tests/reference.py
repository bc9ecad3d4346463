"""The reference parts of README, generated from the commands, schemas, causes and scenarios.

``python -m tests.reference`` writes it; a test compares.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from ecsinfer.cli.main import COMMANDS, cli
from ecsinfer.diagnose.catalogue import MEANINGS
from ecsinfer.sandbox.scenario import Fault, ImageBehaviour, Scenario, Timings
from ecsinfer.spec.schema import json_schema

README = Path(__file__).parent.parent / "README.md"
_MARK = "<!-- {name}: written by python -m tests.reference -->"


def generated(name: str) -> str:
    """The part of README of that name as it must be."""
    return PARTS[name]()


def written(name: str, text: str) -> str:
    """The part of README of that name as it is."""
    match = _part(name).search(text)
    return match["body"] if match else ""


def rewrite() -> None:
    """Write the generated parts into README."""
    text = README.read_text()
    for name in PARTS:
        match = _part(name).search(text)
        assert match is not None, f"README has lost its {name} part"
        text = text[: match.start("body")] + generated(name) + text[match.end("body") :]
    README.write_text(text)


def _part(name: str) -> re.Pattern[str]:
    mark = re.escape(_MARK.format(name=name))
    return re.compile(rf"(?P<head>{mark}\n)(?P<body>.*?)(?P<tail><!-- /{name} -->)", re.DOTALL)


def _commands() -> str:
    context = click.Context(cli)
    lines: list[str] = []
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        lines += _command(f"ecsinfer {name}", command)
    return "\n".join(lines) + "\n"


def _command(path: str, command: click.Command) -> Iterator[str]:
    with click.Context(command, info_name=path) as context:
        usage = " ".join(command.collect_usage_pieces(context))
        yield f"#### `{path} {usage}`\n"
        yield f"{_paragraph(command.help or '')}\n"
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                yield from _command(f"{path} {name}", inner)
            return
        options = [each for each in command.params if isinstance(each, click.Option)]
        if options:
            yield "| option | meaning |\n|---|---|"
            yield from (_option(option, context) for option in options)
            yield ""


def _paragraph(text: str) -> str:
    return "\n".join(line.strip() for line in text.replace("\b\n", "").strip().splitlines())


def _option(option: click.Option, context: click.Context) -> str:
    names, text = option.get_help_record(context) or ("", "")
    escaped = names.replace("|", "\\|")
    return f"| `{escaped}` | {' '.join(text.split())} |"


def _spec() -> str:
    schema = json_schema()
    rows = list(_keys(schema, schema, ""))
    return "\n".join(["| key | type | meaning |", "|---|---|---|", *rows]) + "\n"


def _keys(schema: Mapping[str, Any], node: Mapping[str, Any], path: str) -> Iterator[str]:
    node = _resolved(schema, node)
    for key, value in node.get("properties", {}).items():
        target = _resolved(schema, value)
        described = value.get("description") or target.get("description", "")
        default = value.get("default")
        note = f" (default `{_shown(default)}`)" if default not in (None, {}, [], "") else ""
        here = f"{path}.{key}" if path else key
        yield f"| `{here}` | {_type(schema, value)} | {' '.join(described.split())}{note} |"
        yield from _keys(schema, target, here)
        for inner, suffix in _inside(schema, target):
            yield from _keys(schema, inner, here + suffix)


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _resolved(schema: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object behind references and "or null"."""
    if "$ref" in node:
        name = str(node["$ref"]).rpartition("/")[2]
        return _resolved(schema, schema["$defs"][name])
    for choice in node.get("anyOf", ()):
        found = _resolved(schema, choice)
        if not _INNER.isdisjoint(found):
            return found
    return node


def _inside(
    schema: Mapping[str, Any], node: Mapping[str, Any]
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """What a mapping's or a list's entries are."""
    for inner in (node.get("additionalProperties"), *node.get("patternProperties", {}).values()):
        if isinstance(inner, Mapping):
            yield _resolved(schema, inner), ".<key>"
    items = node.get("items")
    if isinstance(items, Mapping):
        yield _resolved(schema, items), "[]"


def _type(schema: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    return " or ".join(dict.fromkeys(_types(schema, node)))


def _types(schema: Mapping[str, Any], node: Mapping[str, Any]) -> Iterator[str]:
    """Every type a value may have; that any value may be ``${...}`` is said once, elsewhere."""
    if str(node.get("pattern", "")).startswith(r"\$\{"):
        return
    if "anyOf" in node:
        for choice in node["anyOf"]:
            yield from _types(schema, choice)
    elif "$ref" in node:
        yield from _types(schema, _resolved(schema, node))
    elif "enum" in node or "const" in node:
        yield from (f"`{_shown(value)}`" for value in node.get("enum", [node.get("const")]))
    else:
        kind = node.get("type", "any")
        names: list[str] = kind if isinstance(kind, list) else [kind]
        yield from (_PLAIN.get(name, name) for name in names if name != "null")


def _causes() -> str:
    rows = [f"| `{code}` | {meaning} |" for code, meaning in MEANINGS.items()]
    return "\n".join(["| cause | meaning |", "|---|---|", *rows]) + "\n"


def _scenario() -> str:
    rows = [
        f"| `{prefix}{name}` | {meaning}{_default(record, name)} |"
        for prefix, record in _RECORDS.items()
        for name, meaning in _attributes(record)
    ]
    return "\n".join(["| key | meaning |", "|---|---|", *rows]) + "\n"


def _attributes(record: type) -> Iterator[tuple[str, str]]:
    """The attributes that a docstring tells of."""
    told = (inspect.getdoc(record) or "").partition("Attributes:\n")[2]
    for entry in re.split(r"\n(?= {4}\w)", told):
        name, _, meaning = entry.strip().partition(": ")
        yield name, " ".join(meaning.replace("``", "`").split()).replace("|", "\\|")


def _default(record: Any, name: str) -> str:
    (field,) = (field for field in dataclasses.fields(record) if field.name == name)
    default = field.default
    note = f" (default `{_shown(default)}`)"
    return "" if default in (dataclasses.MISSING, None, (), "") else note


_RECORDS: Mapping[str, type] = {
    "": Scenario,
    "timings.": Timings,
    "images.<image>.": ImageBehaviour,
    "faults[].": Fault,
}

PARTS: Mapping[str, Callable[[], str]] = {
    "commands": _commands,
    "spec": _spec,
    "causes": _causes,
    "scenario": _scenario,
}

_INNER = {"properties", "items", "additionalProperties", "patternProperties"}
_PLAIN = {"object": "mapping", "array": "list", "string": "text", "integer": "number"}

if __name__ == "__main__":
    rewrite()

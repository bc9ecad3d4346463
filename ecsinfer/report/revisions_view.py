"""Revisions as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ecsinfer.report.lines import Lines

_TITLES = ("revision", "image", "digest", "registered", "deployed", "deployment", "notes")
_DIGEST = len("sha256:") + 12
"""As much of a digest as tells images apart; ``--output json`` has all of it."""


def print_revisions(found: Mapping[str, Sequence[Mapping[str, Any]] | None], write: Lines) -> None:
    """Write the revisions of several services; None is a service that is not there."""
    for name, revisions in found.items():
        write(f"{name}:", "bold")
        if revisions is None:
            write("  there is no such service")
            continue
        rows = [_TITLES, *(_row(each) for each in revisions)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row, style in zip(rows, ("dim", *map(_style, revisions)), strict=True):
            cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
            write("  " + "  ".join(cells).rstrip(), style)


def _row(revision: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        str(revision["revision"]),
        str(revision["image"]).rpartition("/")[2],
        str(revision["digest"])[:_DIGEST] or "-",
        _time(revision["registered_at"]),
        _time(revision["deployed_at"]),
        str(revision["deployment"]).lower().replace("_", " ") or "-",
        _notes(revision),
    )


def _notes(revision: Mapping[str, Any]) -> str:
    notes = {
        "running": revision["running"],
        "rollback target": revision["rollback_target"],
        str(revision["status"]).lower(): revision["status"] != "ACTIVE",
        "not ours": not revision["ours"],
    }
    return ", ".join(note for note, applies in notes.items() if applies)


def _style(revision: Mapping[str, Any]) -> str:
    return "green" if revision["running"] else ""


def _time(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M}"

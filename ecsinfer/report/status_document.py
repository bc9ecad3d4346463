"""The status as data, for ``--output json``; README documents every key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ecsinfer.status.assess import EXIT_CODE, Finding, health
from ecsinfer.status.facts import Service, Status

VERSION = 1
"""Raised when a key is removed or changes its meaning; new keys may come at any time."""


def document(status: Status, findings: Sequence[Finding]) -> dict[str, Any]:
    """Every fact and every finding, JSON-ready but for its times."""
    verdict = health(findings)
    return {
        "version": VERSION,
        **asdict(status),
        "health": verdict,
        "exit_code": EXIT_CODE[verdict],
        "findings": [asdict(each) for each in findings],
        "services": [_service(each) for each in status.services],
    }


def _service(service: Service) -> dict[str, Any]:
    groups = [
        {**asdict(each), "healthy": each.healthy, "total": each.total}
        for each in service.target_groups
    ]
    return {**asdict(service), "target_groups": groups}

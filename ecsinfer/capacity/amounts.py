"""CPU and memory of a task as the API writes them: ``1024`` or ``1 vCPU``, ``512`` or ``.5 GB``."""

from __future__ import annotations

import re
from collections.abc import Mapping

_AMOUNT = re.compile(r"\s*(\d+\.?\d*|\.\d+)\s*([a-z]*)\s*", re.IGNORECASE)
_CPU = {"": 1, "vcpu": 1024, "vcpus": 1024}
_MEMORY = {"": 1, "mb": 1, "mib": 1, "gb": 1024, "gib": 1024}


def cpu_units(value: object) -> int:
    """CPU units of a task's ``cpu``, a number or a text (C10.7).

    Raises:
        ValueError: it is no whole number of units, or less than one.
    """
    return _amount(value, _CPU)


def mebibytes(value: object) -> int:
    """MiB of a task's ``memory``, a number or a text (C10.7).

    Raises:
        ValueError: it is no whole number of MiB, or less than one.
    """
    return _amount(value, _MEMORY)


def _amount(value: object, units: Mapping[str, int]) -> int:
    match = _AMOUNT.fullmatch(str(value))
    factor = units.get(match[2].lower()) if match else None
    amount = float(match[1]) * factor if match and factor else 0.0
    if amount < 1 or not amount.is_integer():
        raise ValueError(f"this is no amount of {'CPU' if units is _CPU else 'memory'}")
    return int(amount)

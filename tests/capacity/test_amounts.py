from __future__ import annotations

import pytest

from ecsinfer.capacity.amounts import cpu_units, mebibytes


@pytest.mark.rule("C10")
@pytest.mark.parametrize(
    ("text", "units"),
    [(256, 256), ("256", 256), ("1 vCPU", 1024), (".25 vCPU", 256), ("0.5vcpu", 512)],
)
def test_cpu_is_units_or_a_number_of_vcpus(text: object, units: int) -> None:
    assert cpu_units(text) == units


@pytest.mark.rule("C10")
@pytest.mark.parametrize(
    ("text", "found"), [(512, 512), ("512", 512), ("2 GB", 2048), (".5 GB", 512), ("0.5gb", 512)]
)
def test_memory_is_mebibytes_or_a_number_of_gigabytes(text: object, found: int) -> None:
    assert mebibytes(text) == found


@pytest.mark.parametrize(
    "text", ["many", "", "4 cores", "-1", "0", ".0001 vCPU", "1e3", True, None]
)
def test_what_is_no_amount_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="no amount of CPU"):
        cpu_units(text)
    with pytest.raises(ValueError, match="no amount of memory"):
        mebibytes(text)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.spec.units import (
    format_duration,
    format_mebibytes,
    parse_cpu,
    parse_duration,
    parse_gibibytes,
    parse_mebibytes,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [(90, 90), ("90", 90), ("90s", 90), ("5m", 300), ("1h30m", 5400), ("1d", 86400), ("0s", 0)],
)
def test_durations_are_written_as_people_write_them(text: object, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5x", "m", "-5", -1, True, None, 1.5, "5m 3s", "30m1h", []])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@given(st.integers(min_value=0, max_value=10**8))
def test_durations_round_trip(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


@pytest.mark.rule("C10")
@pytest.mark.parametrize(
    ("text", "mebibytes"),
    [(512, 512), ("512", 512), ("512 MiB", 512), ("512MB", 512), ("14 GB", 14336), ("1.5g", 1536)],
)
def test_sizes_are_binary_whatever_their_letters(text: object, mebibytes: int) -> None:
    assert parse_mebibytes(text) == mebibytes


@pytest.mark.parametrize("text", ["", "1 KB", "GiB", -1, False, 1.5, "0.0001 GiB", None])
def test_what_is_no_whole_number_of_mebibytes_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="size"):
        parse_mebibytes(text)


@given(st.integers(min_value=0, max_value=10**8))
def test_sizes_round_trip(mebibytes: int) -> None:
    assert parse_mebibytes(format_mebibytes(mebibytes)) == mebibytes


def test_gibibytes_are_the_unit_of_disks() -> None:
    assert [parse_gibibytes(each) for each in (100, "100 GiB", "1 TiB")] == [100, 100, 1024]
    with pytest.raises(ValueError, match="whole number of GiB"):
        parse_gibibytes("100 MiB")


@pytest.mark.parametrize(
    ("text", "units"),
    [(256, 256), ("1024", 1024), ("1 vCPU", 1024), ("0.25vcpu", 256), (".5 vCPU", 512)],
)
def test_cpu_is_units_or_vcpus(text: object, units: int) -> None:
    assert parse_cpu(text) == units


@pytest.mark.parametrize("text", [0.5, "0.5", "half", True, -1, None])
def test_a_bare_fraction_is_no_amount_of_cpu(text: object) -> None:
    with pytest.raises(ValueError, match="vCPU"):
        parse_cpu(text)

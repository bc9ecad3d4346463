import io
import json
import re
from dataclasses import asdict, replace
from typing import Any

import pytest
from rich.console import Console

from ecsinfer.report.sparkline import BLOCKS, PLAIN, number, sparkline
from ecsinfer.report.status_document import VERSION, document
from ecsinfer.report.status_view import SMALL, draw
from ecsinfer.status.assess import Finding, assess
from ecsinfer.status.facts import Status
from tests import reference
from tests.status.facts import (
    ROLLING,
    SCALING,
    TRENDS,
    failing,
    fleet,
    provider,
    service,
    status,
)


class Latin(io.StringIO):
    """A terminal that does not speak Unicode."""

    encoding = "latin-1"


def screen(
    seen: Status, *, width: int = 80, lines: int = 0, file: io.StringIO | None = None
) -> list[str]:
    console = Console(file=file or io.StringIO(), width=width, color_system=None)
    console.print(draw(seen, assess(seen), console, lines=lines))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_healthy_service_is_one_screen_of_a_few_lines() -> None:
    assert screen(status(service(scaling=SCALING, trends=TRENDS))) == [
        "app is healthy   1 service   00:20:11 UTC",
        "",
        "   SERVICE  TASKS  REVISION   ROLLOUT    TARGETS  SCALING",
        "+  llm      2/2    3 a180b53  completed  2/2      2..8",
        "  llm: requests ▃▅█ 240/min  latency ▃▅█ 0.8 s  cpu ▃▅█ 80 %  tasks ▅▅█ 4",
        "  llm: scaled 12m 00s ago: Setting desired count to 4. (Successful)",
        "",
        "   CAPACITY  INSTANCES  GPUS USED  RESERVED  MIN/NOW/MAX  WARM-UP  GROUP",
        "+  gpu       3          8 of 12    ~67/75 %  0/3/20       -        gpu-asg",
    ]


def test_a_rollout_of_forty_tasks_tells_how_far_it_is() -> None:
    rolling = service(desired=40, running=41, pending=7, rollout=ROLLING)
    shown = screen(status(rolling, providers=(provider(warming=132.0, measured=True),)))
    assert shown[0] == "app is moving, not there yet   1 service, 1 moving   00:20:11 UTC"
    assert shown[1].startswith("> service/llm rolling out: 12 of 40 new tasks run, 2 failed")
    assert any("41/40 +7" in line and "in progress 12/40" in line for line in shown)
    assert any(" 67/75 %" in line and "2m 12s" in line for line in shown)


@pytest.mark.parametrize("width", [80, 120, 160])
@pytest.mark.parametrize("services", [1, 2, 3])
def test_the_worst_of_a_few_services_is_one_screen(services: int, width: int) -> None:
    seen = failing()
    many = tuple(replace(seen.services[0], key=f"service-{index}") for index in range(services))
    shown = screen(replace(seen, services=many), width=width)
    assert len(shown) <= SMALL
    assert max(map(len, shown)) <= width


def test_what_is_wrong_comes_first_with_awss_own_words() -> None:
    shown = screen(failing(), width=160)
    assert shown[0].startswith("app is NOT HEALTHY   1 service, 1 failed")
    assert shown[1] == "x service/llm  the last deployment failed and was rolled back"
    assert shown[2].strip() == "The circuit breaker was triggered."


def test_awss_own_words_have_no_control_characters() -> None:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    said = Finding("failed", "service/llm", "it failed", "first\n\x1b]0;title\x07second")
    console.print(draw(failing(), [said], console))
    assert isinstance(console.file, io.StringIO)
    assert "first second\n" in re.sub(" +\n", "\n", console.file.getvalue())
    assert "\x1b" not in console.file.getvalue()


def test_what_several_services_have_in_common_is_said_once_with_their_names() -> None:
    broken = failing()
    many = tuple(replace(broken.services[0], key=f"s{index}") for index in range(9))
    shown = screen(replace(broken, services=many), width=160)
    assert shown[1] == (
        "x 9 services   the last deployment failed and was rolled back: s0, s1, s2, s3, s4 and 4 more"
    )


@pytest.mark.parametrize("width", [80, 160])
def test_a_fleet_shows_all_its_services_and_the_wrong_ones_first(width: int) -> None:
    shown = screen(fleet(), width=width)
    table = next(index for index, line in enumerate(shown) if "SERVICE" in line)
    assert [line.split()[:2] for line in shown[table + 1 : table + 5]] == [
        ["x", "broken"],
        [">", "rolling"],
        ["~", "drifted"],
        ["+", "embed-00"],
    ]
    assert sum(line.startswith("+  embed-") for line in shown) == 27
    assert max(map(len, shown)) <= width


def test_a_fleets_trends_are_columns_where_there_is_room() -> None:
    assert not any("REQUESTS" in line for line in screen(fleet(), width=80))
    wide = screen(fleet(), width=160)
    assert any("REQUESTS" in line and "LATENCY" in line and "CPU" in line for line in wide)
    assert any("▃▅█ 240" in line for line in wide)


@pytest.mark.parametrize("height", [24, 30, 40])
def test_on_a_low_terminal_healthy_services_are_only_counted(height: int) -> None:
    shown = screen(fleet(), lines=height)
    assert len(shown) <= height
    assert any(line.startswith("x  broken") for line in shown)
    assert any(re.match(r"  and \d+ more services, \d+ of them healthy", line) for line in shown)


def test_no_state_is_told_by_colour_alone() -> None:
    marks = {line.split()[0] for line in screen(fleet()) if line[:1] not in ("", " ", "b")}
    assert {"x", ">", "~", "+"} <= marks


def test_a_terminal_without_unicode_gets_sparklines_all_the_same() -> None:
    shown = "\n".join(screen(status(service(trends=TRENDS)), file=Latin()))
    assert not set(BLOCKS) & set(shown)
    assert f"cpu {sparkline((20.0, 40.0, 80.0), PLAIN)} 80 %" in shown


def test_a_sparkline_rises_from_zero_to_the_greatest() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == BLOCKS
    assert sparkline([0.0, 0.0]) == "▁▁"
    assert sparkline([5]) == "█"


@pytest.mark.parametrize(
    ("value", "text"), [(0.034, "0.034"), (4.25, "4.2"), (87.4, "87"), (12345, "12k")]
)
def test_numbers_have_as_many_digits_as_say_something(value: float, text: str) -> None:
    assert number(value) == text


def keys(value: Any, path: str = "") -> set[str]:
    """Every key of a document, with the path to it; list entries are ``[]``."""
    if isinstance(value, list):
        return set().union(*(keys(item, f"{path}[]") for item in value))
    if not isinstance(value, dict):
        return set()
    here = {f"{path}.{key}".lstrip("."): item for key, item in value.items()}
    return set(here).union(
        *(keys(item, name) for name, item in here.items() if not name.endswith(_OPEN))
    )


_OPEN = ("images", "states")
"""Mappings whose keys are the user's, or AWS's."""


def test_the_document_has_exactly_the_keys_that_readme_tells() -> None:
    part = reference.README.read_text().partition("<!-- status document -->")[2]
    rows = re.findall(r"^\| (`.+?`) \|", part.partition("<!-- /status")[0], re.MULTILINE)
    told = set(re.findall(r"`([^`]+)`", "".join(rows)))
    made = json.loads(json.dumps(document(failing(), assess(failing())), default=str))
    assert keys(made) == told


def test_the_document_has_every_fact_and_every_finding() -> None:
    seen = failing()
    made = document(seen, assess(seen))
    assert (made["version"], made["health"], made["exit_code"]) == (VERSION, "failed", 3)
    assert [Finding(**each) for each in made["findings"]] == list(assess(seen))
    assert made["providers"] == tuple(asdict(each) for each in seen.providers)
    assert made["services"][0]["target_groups"][0]["total"] == 2

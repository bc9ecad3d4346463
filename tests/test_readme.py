import re

import pytest

from ecsinfer import errors, events
from ecsinfer.cli.plan import CHANGES_FOUND
from tests import reference

TEXT = reference.README.read_text()


@pytest.mark.parametrize("name", reference.PARTS)
def test_the_reference_tables_are_what_the_code_says(name: str) -> None:
    assert reference.written(name, TEXT) == reference.generated(name), (
        "run: python -m tests.reference"
    )


def test_every_exit_code_is_documented() -> None:
    def tree(cls: type[errors.EcsInferError]) -> set[int]:
        return {cls.exit_code}.union(*(tree(below) for below in cls.__subclasses__()))

    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)}
    assert documented == tree(errors.EcsInferError) | {0, CHANGES_FOUND}


def test_every_event_type_is_documented() -> None:
    assert {name for name in events.EVENTS if f"`{name}`" not in TEXT} == set()


def test_every_config_is_named() -> None:
    configs = reference.README.parent / "configs"
    assert {path.name for path in configs.glob("*.yaml")} == set(
        re.findall(r"`configs/([\w-]+\.yaml)`", TEXT)
    )


def test_the_file_opens_with_exactly_two_commands() -> None:
    opening = TEXT.partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", opening, re.DOTALL)
    assert [len(block.strip().splitlines()) for block in blocks] == [1, 1]

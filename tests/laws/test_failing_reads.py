"""L4: a question that fails once is asked again, and the command ends as if it had not."""

from __future__ import annotations

import time

import pytest

from ecsinfer.sandbox.scenario import Fault
from ecsinfer.sandbox.wire.faults import Faults
from tests.laws.faults import KINDS, fault
from tests.laws.lives import SPECS, account, commands, require_undisturbed, run


class EveryReadOnce(Faults):
    """Every question fails, and is answered when it is asked again."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._fault = fault(kind, "*", 0)
        self._failed = False
        self.struck = 0

    def due(self, service: str, operation: str) -> Fault | None:
        if not operation.startswith(("Describe", "List", "Get", "BatchGet")):
            return None
        self._failed = not self._failed
        self.struck += self._failed
        return self._fault if self._failed else None


@pytest.mark.rule("I5", "0.5")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SPECS)
def test_every_read_may_fail_once(name: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where = account()
    # botocore asks again by itself, after a pause of its own.
    monkeypatch.setattr(time, "sleep", where.sandbox.clock.sleep)
    for command in commands(name):
        where.sandbox.application.faults = failing = EveryReadOnce(kind)
        met = run(where, name, command)
        where.sandbox.application.faults = Faults()
        assert (met.status, met.error) == ("done", ""), command
        assert failing.struck == met.door.counts.reads
        require_undisturbed(where, name, command, (name, command, kind))

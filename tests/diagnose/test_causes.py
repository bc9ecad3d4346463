"""Every cause: a world that has it, how it is told and when, and that the advice helps."""

from __future__ import annotations

import pytest

from tests.diagnose import cases_of_capacity, cases_of_tasks
from tests.diagnose.trouble import WITHIN, Trouble

CASES = cases_of_capacity.CASES | cases_of_tasks.CASES


@pytest.mark.parametrize("name", CASES)
def test_a_cause_is_named_within_a_minute_and_its_advice_helps(name: str) -> None:
    case, code = CASES[name], name.partition(":")[0]
    trouble = Trouble()
    case.furnish(trouble)
    if case.before:
        assert trouble.deploy(case.before).status == "done"
    trouble.behave(case.scenario)
    case.prepare(trouble)

    failed = trouble.deploy(case.spec, case.timeout)

    assert failed.exit_code in (3, 4)
    assert code in trouble.told, [*trouble.told, failed]
    _, cause = trouble.told[code]
    assert 0 <= trouble.seconds_until_told(code, case.evidence) <= WITHIN
    assert case.title in cause.title
    assert cause.evidence
    assert cause.advice
    assert code in {each.code for each in failed.causes}
    assert "unexplained" not in trouble.told, trouble.told["unexplained"]

    case.advice(trouble)

    assert trouble.deploy(case.remedy or case.spec, timeout=None).status == "done"

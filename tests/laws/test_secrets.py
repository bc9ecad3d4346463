"""L10: no secret value in any plan, event, error, tag or log; nobody even asks for one."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest

from ecsinfer import events
from ecsinfer.aws.gateway import Gateway
from ecsinfer.aws.lookup import AwsLookup
from ecsinfer.errors import AwsError, EcsInferError, SpecError
from ecsinfer.report.jsonl import outcome_document, plan_document
from ecsinfer.report.lines import bare
from ecsinfer.report.plan_view import print_plan
from ecsinfer.sandbox.scenario import Fault
from ecsinfer.spec import Spec, load
from tests.laws.contents import contents
from tests.laws.world import CONFIGS, DIRECTORY, Account, Run, config

CANARY = "hf_canaryCANARYcanaryCANARY0123456789"
NAME = "canary/token"


@pytest.fixture
def account() -> Account:
    """An account in which the canary is a secret and a SecureString."""
    made = Account()
    made.client("secretsmanager").create_secret(Name=NAME, SecretString=CANARY)
    made.client("ssm").put_parameter(Name="/canary", Value=CANARY, Type="SecureString")
    return made


def loaded(account: Account, *sets: str) -> Spec:
    """The quickstart with the values, looked up in the account as the commands do."""
    lookup = AwsLookup(Gateway(account.session, clock=account.sandbox.clock))
    return load(DIRECTORY / "quickstart.yaml", sets=sets, lookup=lookup)


def shown(run: Run) -> str:
    """Everything that a run shows to anybody."""
    printed = io.StringIO()
    print_plan(run.plan, bare(printed))
    assert run.outcome is not None
    told = [events.to_json(each) for each in run.events]
    documents = [plan_document(run.plan), outcome_document(run.outcome), *told]
    return printed.getvalue() + json.dumps(documents, default=str)


def overridden(value: str) -> Spec:
    """The quickstart with a secret where nothing checks it."""
    items = json.dumps([{"name": "API_TOKEN", "value": value}, {"name": "URL", "value": value}])
    return config("quickstart", f"services.llm.overrides.container.environment={items}")


def tags(account: Account) -> str:
    """All tags of everything."""
    return json.dumps(
        [
            each.get("tags")
            for items in contents(account).values()
            if isinstance(items, list)
            for each in items
        ]
    )


@pytest.mark.rule("C15")
def test_a_secret_is_named_by_its_arn_and_never_read(account: Account) -> None:
    spec = loaded(account, "services.llm.secrets.HF_TOKEN=${secret:" + NAME + "}")
    run = account.deploy(spec)
    assert run.error == ""
    assert CANARY not in shown(run)
    definition = contents(account)["revisions"][0]
    (container,) = definition["containerDefinitions"]
    assert container["secrets"][0]["valueFrom"].startswith("arn:aws:secretsmanager:")
    asked = {call.operation for call in account.sandbox.calls}
    assert not asked & {"GetSecretValue", "BatchGetSecretValue"}
    assert CANARY not in json.dumps(contents(account), default=str)


def test_a_secure_string_is_refused_without_its_value(account: Account) -> None:
    with pytest.raises(EcsInferError, match="SecureString") as refused:
        loaded(account, "services.llm.environment.X=${ssm:/canary}")
    assert CANARY not in str(refused.value) + refused.value.hint


@pytest.mark.parametrize("name", ["HF_TOKEN", "ANYTHING"])
def test_a_secret_written_down_is_refused_without_repeating_it(
    account: Account, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("CANARY", CANARY)
    with pytest.raises(EcsInferError, match="looks like a secret") as refused:
        loaded(account, f"services.llm.environment.{name}=${{env:CANARY}}")
    assert CANARY not in str(refused.value)


def test_what_got_past_the_checks_is_hidden_in_all_that_is_shown(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="ecsinfer")
    runs = [
        account.deploy(overridden(CANARY)),
        account.deploy(overridden(CANARY.replace("0", "1"))),
        account.deploy(CONFIGS["quickstart"]),
        account.destroy(CONFIGS["quickstart"]),
    ]
    assert [run.error for run in runs] == [""] * 4
    text = "".join(map(shown, runs)) + caplog.text + tags(account)
    assert "canaryCANARY" not in text
    assert "(hidden)" in text


@pytest.mark.parametrize(
    "fault",
    [
        Fault("RegisterTaskDefinition", code="ClientException", message="Invalid environment."),
        Fault("RegisterTaskDefinition", nth=0, kind="lost"),
        Fault("RegisterTaskDefinition", nth=0, code="ServerException", status=500),
    ],
    ids=lambda fault: fault.kind + fault.code,
)
def test_a_call_that_fails_does_not_tell_what_it_carried(account: Account, fault: Fault) -> None:
    account.sandbox.faults.add(fault)
    run = account.deploy(overridden(CANARY))
    assert CANARY not in shown(run)


def test_a_call_that_would_be_refused_does_not_tell_what_it_carried(account: Account) -> None:
    items: list[dict[str, Any]] = [{"name": "API_TOKEN", "value": CANARY, "extra": CANARY}]
    with pytest.raises(SpecError) as told:
        config("quickstart", f"services.llm.overrides.container.environment={json.dumps(items)}")
    assert CANARY not in str(told.value)
    spec = CONFIGS["quickstart"].model_dump(exclude_unset=True)
    spec["services"]["llm"]["overrides"] = {"container": {"environment": items}}
    with pytest.raises(AwsError) as refused:
        account.deploy(Spec.model_validate(spec))
    assert CANARY not in str(refused.value) + refused.value.hint


@pytest.mark.rule("C15")
def test_a_secret_among_the_words_of_a_command_is_refused_and_hidden(account: Account) -> None:
    """Whoever may list processes or describe the task reads it."""
    words = json.dumps(["--port", "8000", "--api-key", "pass-canaryCANARY", f"--token={CANARY}"])
    with pytest.raises(SpecError, match=r"command\[3\]: this looks like a secret") as told:
        config("quickstart", f"services.llm.command={words}")
    runs = [
        account.deploy(config("quickstart", f"services.llm.overrides.container.command={words}")),
        account.deploy(CONFIGS["quickstart"]),
    ]
    assert [run.error for run in runs] == ["", ""]
    text = str(told.value) + "".join(map(shown, runs))
    assert "canaryCANARY" not in text
    assert "--api-key" in text

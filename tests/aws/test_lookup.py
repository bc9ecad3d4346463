from __future__ import annotations

from collections.abc import Sequence

import pytest

from ecsinfer.aws.gateway import Gateway
from ecsinfer.aws.lookup import AwsLookup
from ecsinfer.errors import UsageError
from ecsinfer.model import Answer, Read
from ecsinfer.spec.interpolation import Lookup
from tests.aws.wire import Refused, Reply, Wire


def lookup(operation: str, reply: Reply) -> AwsLookup:
    return AwsLookup(Gateway(Wire({operation: reply}).session))


class Stacks:
    """A Reader that knows the outputs of stacks; CloudFormation does not speak JSON."""

    def __init__(self, **outputs: str) -> None:
        self.outputs = [{"OutputKey": key, "OutputValue": outputs[key]} for key in outputs]

    def gather(self, reads: Sequence[Read]) -> list[Answer]:
        return [{"Stacks": [{"Outputs": self.outputs}]} if self.outputs else {} for _ in reads]


def test_a_parameter_is_its_value() -> None:
    found = lookup("GetParameter", {"Parameter": {"Type": "String", "Value": "v"}})

    assert found.ssm("/p") == "v"


def test_a_secure_parameter_is_never_read_into_a_spec() -> None:
    found = lookup("GetParameter", {"Parameter": {"Type": "SecureString", "Value": "hush"}})

    with pytest.raises(UsageError) as told:
        found.ssm("/p")
    assert "hush" not in str(told.value)
    assert "secrets" in told.value.hint


def test_a_secret_is_its_arn() -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf"

    assert lookup("DescribeSecret", {"ARN": arn}).secret_arn("token") == arn


def test_a_stack_gives_its_outputs() -> None:
    found = AwsLookup(Stacks(Group="g"))

    assert found.stack_output("base", "Group") == "g"
    assert found.stack_output("base", "Other") is None


def test_what_is_not_there_is_none() -> None:
    assert lookup("GetParameter", Refused("ParameterNotFound")).ssm("/none") is None
    missing = Refused("ResourceNotFoundException")
    assert lookup("DescribeSecret", missing).secret_arn("none") is None
    assert AwsLookup(Stacks()).stack_output("none", "X") is None


def test_the_environment_is_this_process_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL", "llama")

    found = AwsLookup(Stacks())
    assert (found.env("MODEL"), found.env("NO_SUCH_VARIABLE")) == ("llama", None)


def test_it_is_what_a_spec_asks() -> None:
    answered: Lookup = AwsLookup(Stacks())

    assert answered.stack_output("base", "Group") is None

"""What a spec may take from AWS: parameters, ARNs of secrets, outputs of stacks. Never a secret."""

from __future__ import annotations

import os

from ecsinfer.errors import UsageError
from ecsinfer.model import Answer, Read, Reader


class AwsLookup:
    """Answers the spec's interpolations; None where there is no such thing.

    Implements ``spec.interpolation.Lookup``.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def env(self, name: str) -> str | None:
        """The value of an environment variable of this process."""
        return os.environ.get(name)

    def ssm(self, path: str) -> str | None:
        """The value of a parameter of Systems Manager.

        Raises:
            UsageError: it is a SecureString, which is never read.
        """
        read = Read("ssm", "GetParameter", {"Name": path}, absent_on=("ParameterNotFound",))
        parameter = self._ask(read).get("Parameter", {})
        if parameter.get("Type") == "SecureString":
            raise UsageError(
                f"SSM parameter {path} is a SecureString, and a spec never holds a secret's value",
                hint="name its ARN under `secrets`: the container then reads it itself",
            )
        value: str | None = parameter.get("Value")
        return value

    def secret_arn(self, name: str) -> str | None:
        """The ARN of a secret of Secrets Manager; its value is not read."""
        absent = ("ResourceNotFoundException",)
        arn: str | None = self._ask(
            Read("secretsmanager", "DescribeSecret", {"SecretId": name}, absent_on=absent)
        ).get("ARN")
        return arn

    def stack_output(self, stack: str, output: str) -> str | None:
        """The value of an output of a CloudFormation stack."""
        absent = ("ValidationError: does not exist",)
        answer = self._ask(
            Read("cloudformation", "DescribeStacks", {"StackName": stack}, absent_on=absent)
        )
        outputs = [each for found in answer.get("Stacks", ()) for each in found.get("Outputs", ())]
        values: dict[str, str] = {each["OutputKey"]: each["OutputValue"] for each in outputs}
        return values.get(output)

    def _ask(self, read: Read) -> Answer:
        return self._reader.gather([read])[0]

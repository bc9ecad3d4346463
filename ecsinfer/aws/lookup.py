"""What a spec may take from AWS: parameters, ARNs of secrets, outputs of stacks. Never a secret."""

from __future__ import annotations

from ecsinfer.errors import UsageError
from ecsinfer.model import Answer, Read, Reader


class AwsLookup:
    """Looks values up for the spec's interpolation."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def ssm(self, path: str) -> str:
        """The value of a parameter of Systems Manager.

        Raises:
            UsageError: there is none, or it is a SecureString, which is never read.
        """
        answer = self._ask(
            Read("ssm", "GetParameter", {"Name": path}, absent_on=("ParameterNotFound",))
        )
        if "Parameter" not in answer:
            raise UsageError(
                f"there is no SSM parameter {path}", hint="check its name, the region and account"
            )
        if answer["Parameter"].get("Type") == "SecureString":
            raise UsageError(
                f"SSM parameter {path} is a SecureString, and a spec never holds a secret's value",
                hint="name its ARN under `secrets`: the container then reads it itself",
            )
        return str(answer["Parameter"]["Value"])

    def secret_arn(self, name: str) -> str:
        """The ARN of a secret of Secrets Manager; its value is not read.

        Raises:
            UsageError: there is none of that name.
        """
        answer = self._ask(
            Read(
                "secretsmanager",
                "DescribeSecret",
                {"SecretId": name},
                absent_on=("ResourceNotFoundException",),
            )
        )
        if "ARN" not in answer:
            raise UsageError(
                f"there is no secret {name}", hint="check its name, the region and account"
            )
        return str(answer["ARN"])

    def stack_output(self, stack: str, output: str) -> str:
        """An output of a CloudFormation stack.

        Raises:
            UsageError: no such stack, or it has no such output.
        """
        answer = self._ask(
            Read(
                "cloudformation",
                "DescribeStacks",
                {"StackName": stack},
                absent_on=("ValidationError: does not exist",),
            )
        )
        stacks = answer.get("Stacks", [])
        if not stacks:
            raise UsageError(
                f"there is no CloudFormation stack {stack}",
                hint="check its name, the region and account",
            )
        outputs = {each["OutputKey"]: each["OutputValue"] for each in stacks[0].get("Outputs", ())}
        if output not in outputs:
            known = ", ".join(sorted(outputs)) or "none"
            raise UsageError(f"stack {stack} has no output {output}", hint=f"it has: {known}")
        return str(outputs[output])

    def _ask(self, read: Read) -> Answer:
        return self._reader.gather([read])[0]

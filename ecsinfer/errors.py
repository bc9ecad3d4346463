"""Everything that can go wrong, with the exit code and the hint as part of each class.

A message has three parts: what happened and why (the text), and what to try (the hint).
"""

from __future__ import annotations


class EcsInferError(Exception):
    """The root of the tree: an error that ecsinfer knows how to explain.

    Attributes:
        exit_code: what the process exits with.
        hint: what to try next; empty when there is nothing better than the text.
    """

    exit_code: int = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(EcsInferError):
    """The command line is wrong."""

    exit_code = 2


class SpecError(EcsInferError):
    """The spec is wrong; carries every problem found, not only the first."""

    exit_code = 2

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class Problem:
    """One thing wrong in the user's file: where, what, why and what to write instead."""

    __slots__ = ("column", "file", "hint", "line", "path", "text")

    def __init__(
        self,
        text: str,
        *,
        path: str = "",
        file: str = "",
        line: int = 0,
        column: int = 0,
        hint: str = "",
    ) -> None:
        self.text = text
        self.path = path
        self.file = file
        self.line = line
        self.column = column
        self.hint = hint

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        what = f"{self.path}: {self.text}" if self.path else self.text
        lines = [f"{where}: {what}" if where else what]
        if self.hint:
            lines.append(f"    try: {self.hint}")
        return "\n".join(lines)


class RolloutFailedError(EcsInferError):
    """A deployment failed, was stopped or was rolled back."""

    exit_code = 3


class NotAttemptedError(EcsInferError):
    """Something that this needed failed before, so that it was left as it is.

    Attributes:
        because: the node that failed.
    """

    def __init__(self, node: str, *, because: str) -> None:
        super().__init__(f"{node}: not attempted, because {because} failed")
        self.because = because


class TimedOutError(EcsInferError):
    """The deadline passed while the world was still moving; nothing was undone."""

    exit_code = 4


class BusyError(EcsInferError):
    """Somebody else is changing the same thing, or superseded our deployment."""

    exit_code = 5


class PlanStaleError(BusyError):
    """The world changed between the plan and its execution."""


class PreflightError(EcsInferError):
    """A check made before the first write says that this cannot work."""

    exit_code = 6


class OwnershipError(EcsInferError):
    """A resource of that name exists and does not carry our tags."""

    exit_code = 7


class AwsDeniedError(EcsInferError):
    """AWS refused the caller; names the action and, when AWS tells it, the resource."""

    exit_code = 8


class AwsError(EcsInferError):
    """AWS refused a call for a reason that ecsinfer has no better word for.

    Attributes:
        code: the error code of the answer, such as ``InvalidParameterException``.
        operation: the API operation that was refused.
        request_id: what AWS support asks for.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        operation: str = "",
        request_id: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.operation = operation
        self.request_id = request_id


class ResponseLostError(AwsError):
    """A mutation was sent and its answer never came: it may or may not have been applied (I7)."""


class InterruptedRunError(EcsInferError):
    """Ctrl-C or SIGTERM ended the run; what is rolling goes on rolling and a re-run resumes it."""

    exit_code = 130

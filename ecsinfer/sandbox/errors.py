"""What the embedded AWS answers when it refuses."""

from __future__ import annotations


class ServiceError(Exception):
    """A refusal in AWS's words; the wire layer gives it the protocol's form.

    Attributes:
        code: AWS's error code, such as ``InvalidParameterException``.
        message: AWS's text.
        status: the HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def client_error(message: str) -> ServiceError:
    """ECS's ``ClientException``."""
    return ServiceError("ClientException", message)


def invalid_parameter(message: str) -> ServiceError:
    """ECS's ``InvalidParameterException``."""
    return ServiceError("InvalidParameterException", message)

"""botocore's exceptions in ecsinfer's words: what happened, which exit code, what to try."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from botocore import exceptions
from botocore.parsers import ResponseParserError

from ecsinfer.errors import AwsDeniedError, AwsError, EcsInferError, UsageError

_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "AuthorizationError",
        "NotAuthorized",
        "UnauthorizedOperation",
    }
)
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_INVALID_IDENTITY = frozenset(
    {
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_NO_CREDENTIALS = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.CredentialRetrievalError,
    exceptions.NoAuthTokenError,
    exceptions.SSOError,
    exceptions.TokenRetrievalError,
)
_CONFIGURATION = (
    exceptions.ProfileNotFound,
    exceptions.ConfigParseError,
    exceptions.InvalidConfigError,
    exceptions.InvalidRegionError,
    exceptions.InvalidEndpointDiscoveryConfigurationError,
)
UNREACHABLE = (
    exceptions.EndpointConnectionError,
    exceptions.ConnectTimeoutError,
    exceptions.ProxyConnectionError,
)
"""Raised before a request is sent: nothing can have been applied."""

LOST = (
    exceptions.ConnectionError,
    exceptions.HTTPClientError,
    exceptions.IncompleteReadError,
    ResponseParserError,
)
"""Raised when a request may have been sent and no usable answer came."""

TROUBLE = (exceptions.BotoCoreError, ResponseParserError)
"""Everything that botocore raises beside an answer of AWS (`ClientError`)."""

_ACTION = re.compile(
    r"not authorized to perform:? (?P<action>[\w-]+:\w+)(?: on resource:? (?P<resource>\S+))?"
)
_IAM_PREFIX = {"elbv2": "elasticloadbalancing", "resourcegroupstaggingapi": "tag"}
"""Services whose IAM prefix is not botocore's name for them."""

_HINTS = (
    ("there is no region", "correct `region` in the spec, --region or AWS_REGION"),
    (
        "managed termination protection setting for the capacity provider is invalid",
        "protect new instances from scale-in in the group, or set termination_protection: false",
    ),
    (
        "already being used by another capacity provider",
        "an Auto Scaling group has one capacity provider: use that one, or another group",
    ),
    (
        "is not part of auto scaling group",
        "an instance has left the group meanwhile: run the same command again",
    ),
    (
        "capacity provider name is invalid",
        "use letters, digits, - and _, at most 255, and do not begin with aws, ecs or fargate",
    ),
    (
        "not associated with the cluster",
        "name the provider under `capacity` so that it is attached",
    ),
    ("taskdefinition is inactive", "run deploy again: it registers a new revision"),
    ("no fargate configuration exists", "choose one of Fargate's pairs of cpu and memory"),
    ("long arn format must be used", "opt in to long ARNs, or recreate the old service"),
    ("maximum number of tags", "AWS allows 50 tags for a resource"),
)
"""Lower-case part of AWS's message -> what to try."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What AWS answered instead of a result.

    Attributes:
        operation: the API operation that was refused.
        code: the error code.
        message: AWS's text.
        status: the HTTP status.
        request_id: what AWS support asks for.
        retry_after: seconds that AWS asks to wait (``x-amz-retry-after``); 0 when it does not.
    """

    operation: str
    code: str
    message: str
    status: int
    request_id: str
    retry_after: float

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def refusal_of(error: exceptions.ClientError) -> Refusal:
    """The refusal inside a ClientError, which may lack any part (0.1)."""
    response: dict[str, Any] = dict(error.response)
    detail = response.get("Error", {})
    metadata = response.get("ResponseMetadata", {})
    asked = str(metadata.get("HTTPHeaders", {}).get("x-amz-retry-after", ""))
    return Refusal(
        operation=error.operation_name,
        code=str(detail.get("Code", "")),
        message=str(detail.get("Message", "")),
        status=int(metadata.get("HTTPStatusCode", 0)),
        request_id=str(metadata.get("RequestId", "")),
        retry_after=int(asked) / 1000 if asked.isdigit() else 0.0,
    )


def denied(refusal: Refusal) -> bool:
    """Whether the caller is known and may not."""
    return refusal.code in _DENIED


def denied_action(service: str, operation: str, message: str = "") -> str:
    """The IAM action that was denied; it can be another than the one called (``iam:PassRole``)."""
    found = _ACTION.search(message)
    return found["action"] if found else f"{_IAM_PREFIX.get(service, service)}:{operation}"


def explain(error: Exception, service: str, operation: str) -> EcsInferError:
    """The error that a user can act on."""
    if isinstance(error, exceptions.ClientError):
        return _explain_refusal(service, refusal_of(error))
    if isinstance(error, _NO_CREDENTIALS):
        return AwsDeniedError(
            f"no usable AWS credentials: {error}",
            hint="log in (aws sso login, aws configure), name a profile with --profile, or use "
            "--sandbox, which needs none",
        )
    if isinstance(error, exceptions.NoRegionError):
        return UsageError(
            "no AWS region is configured",
            hint="set `region` in the spec, or use --region or AWS_REGION",
        )
    if isinstance(error, _CONFIGURATION):
        return UsageError(str(error), hint="see ~/.aws/config, --profile and --region")
    if isinstance(error, ValueError):  # of making a client
        return UsageError(
            f"{service} has no usable endpoint: {error}",
            hint="write it as http://HOST:PORT or https://HOST, whether in --endpoint-url, in "
            "AWS_ENDPOINT_URL or in ~/.aws/config",
        )
    if isinstance(error, UNREACHABLE):
        return AwsError(
            f"{service} cannot be reached: {error}",
            operation=operation,
            hint="check the network, the region and --endpoint-url; if it is the embedded AWS, "
            "start it with `ecsinfer sandbox start`",
        )
    return AwsError(f"{service}:{operation}: {error}", operation=operation)


def _explain_refusal(service: str, refusal: Refusal) -> EcsInferError:
    if refusal.code in EXPIRED:
        return AwsDeniedError(
            f"the AWS credentials have expired ({refusal})",
            hint="log in again and repeat the command: it resumes where it was",
        )
    if refusal.code in _INVALID_IDENTITY:
        return AwsDeniedError(
            f"AWS does not accept the credentials ({refusal})",
            hint="check the profile, the keys and this machine's clock",
        )
    if denied(refusal):
        return _explain_denial(service, refusal)
    text = refusal.message.lower()
    return AwsError(
        f"{service}:{refusal.operation} was refused: {refusal}",
        code=refusal.code,
        operation=refusal.operation,
        request_id=refusal.request_id,
        hint=next((hint for part, hint in _HINTS if part in text), ""),
    )


def _explain_denial(service: str, refusal: Refusal) -> AwsDeniedError:
    found = _ACTION.search(refusal.message)
    action = denied_action(service, refusal.operation, refusal.message)
    resource = f" on {found['resource']}" if found and found["resource"] else ""
    hint = f"allow {action} to the caller; `ecsinfer policy` prints the policy this spec needs"
    if "explicit deny" in refusal.message:
        hint = f"an explicit deny wins over every allow: look for {action} in the policy it names"
    return AwsDeniedError(f"AWS denied {action}{resource} ({refusal})", hint=hint)

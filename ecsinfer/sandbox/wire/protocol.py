"""AWS's JSON 1.1, Query and EC2 protocols: requests to parameters, answers and refusals to bytes.

Written on botocore's service model alone; what a client sends is validated by it as well, so that
a request that no SDK could have sent is refused rather than half understood.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

from botocore.utils import parse_timestamp
from botocore.validate import ParamValidator
from moto.core.parse import PROTOCOL_PARSERS

from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.wire.message import HttpReply, HttpRequest
from ecsinfer.sandbox.wire.routing import form_of
from ecsinfer.sandbox.wire.shapes import answered, outside_enums, received, without_nulls

_XML = "text/xml"
# The code of a request that does not fit the model: ECS has one of its own.
_INVALID = {
    "ecs": "InvalidParameterException",
    "ec2": "InvalidParameterValue",
    "json": "ValidationException",
}


def read(operation: Any, request: HttpRequest) -> dict[str, Any]:
    """The parameters of a request, validated by the operation's model.

    Raises:
        ServiceError: SerializationException for what cannot be decoded or has the wrong type;
            the service's validation error for what is missing, unknown or out of range.
    """
    shape = operation.input_shape
    if shape is None:
        return {}
    if operation.service_model.resolved_protocol != "json":
        return _read_form(operation, request)
    try:
        raw = json.loads(request.body or b"{}")
    except ValueError as error:
        raise ServiceError("SerializationException", f"not JSON: {error}") from error
    params = without_nulls(raw)
    report = ParamValidator().validate(params, shape)
    if report.has_errors():
        raise _invalid(operation, report.generate_report())
    strangers = outside_enums(shape, params)
    if strangers:
        value, path, allowed = strangers[0]
        raise _invalid(
            operation,
            f"1 validation error detected: Value '{value}' at '{path}' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{', '.join(allowed)}]",
        )
    result: dict[str, Any] = received(shape, params)
    return result


def write(operation: Any, answer: Mapping[str, Any], request_id: str) -> HttpReply:
    """The reply of an operation.

    Raises:
        AnswerShapeError: the answer is not one that the model allows.
    """
    shape = operation.output_shape
    if operation.service_model.resolved_protocol == "json":
        plain = answered(shape, answer, _epoch, operation.name) if shape else {}
        return _reply(200, _json_type(operation), json.dumps(plain).encode(), request_id)
    root = ET.Element(
        f"{operation.name}Response", xmlns=operation.service_model.metadata.get("xmlNamespace", "")
    )
    if shape:
        plain = answered(shape, answer, _iso, operation.name)
        wrapper = shape.serialization.get("resultWrapper")
        _write_members(shape, plain, ET.SubElement(root, wrapper) if wrapper else root)
    if operation.service_model.resolved_protocol == "ec2":
        ET.SubElement(root, "requestId").text = request_id
    else:
        ET.SubElement(ET.SubElement(root, "ResponseMetadata"), "RequestId").text = request_id
    return _reply(200, _XML, ET.tostring(root), request_id)


def refuse(protocol: str, error: ServiceError, request_id: str) -> HttpReply:
    """The reply of a refusal, in the form of the protocol."""
    code, message, status = error.code, error.message, error.status
    if protocol in {"json", "rest-json"}:
        body = json.dumps({"__type": code, "message": message}).encode()
        return _reply(status, "application/x-amz-json-1.1", body, request_id, code)
    if protocol == "smithy-rpc-v2-cbor":
        return _reply(status, "application/cbor", _cbor_error(code, message), request_id, code)
    if protocol == "ec2":
        root = ET.Element("Response")
        parent, name = ET.SubElement(ET.SubElement(root, "Errors"), "Error"), "RequestID"
    else:
        root = ET.Element("ErrorResponse")
        parent, name = ET.SubElement(root, "Error"), "RequestId"
        ET.SubElement(parent, "Type").text = "Sender" if status < 500 else "Receiver"
    ET.SubElement(parent, "Code").text = code
    ET.SubElement(parent, "Message").text = message
    ET.SubElement(root, name).text = request_id
    return _reply(status, _XML, ET.tostring(root), request_id, code)


def _read_form(operation: Any, request: HttpRequest) -> dict[str, Any]:
    form = PROTOCOL_PARSERS[
        "ec2" if operation.service_model.resolved_protocol == "ec2" else "query"
    ]
    parser = form(operation, timestamp_parser=parse_timestamp)
    try:
        params: dict[str, Any] = parser.parse({"values": form_of(request)})
    except ValueError as error:
        raise _invalid(operation, f"malformed input: {error}") from error
    report = ParamValidator().validate(params, operation.input_shape)
    if report.has_errors():
        raise _invalid(operation, report.generate_report())
    return params


def _invalid(operation: Any, text: str) -> ServiceError:
    model = operation.service_model
    if model.resolved_protocol == "json" and "Invalid type for parameter" in text:
        return ServiceError("SerializationException", text)
    code = _INVALID.get(model.service_name) or _INVALID.get(
        model.resolved_protocol, "ValidationError"
    )
    return ServiceError(code, text)


def _write_members(shape: Any, value: Mapping[str, Any], parent: ET.Element) -> None:
    for key, item in value.items():
        member = shape.members[key]
        _write_xml(member, item, parent, member.serialization.get("name", key))


def _write_xml(shape: Any, value: Any, parent: ET.Element, name: str) -> None:
    if shape.type_name == "structure":
        _write_members(shape, value, ET.SubElement(parent, name))
    elif shape.type_name == "list":
        flat = shape.serialization.get("flattened")
        target = parent if flat else ET.SubElement(parent, name)
        item_name = shape.member.serialization.get("name", name if flat else "member")
        for item in value:
            _write_xml(shape.member, item, target, item_name)
    elif shape.type_name == "map":
        target = ET.SubElement(parent, name)
        for key, item in value.items():
            entry = ET.SubElement(target, "entry")
            ET.SubElement(entry, shape.key.serialization.get("name", "key")).text = key
            _write_xml(shape.value, item, entry, shape.value.serialization.get("name", "value"))
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        ET.SubElement(parent, name).text = text


def _cbor_error(code: str, message: str) -> bytes:
    """``{"__type": code, "message": message}`` in CBOR: a map of two pairs of text."""
    words = [word.encode() for word in ("__type", code, "message", message)]
    return b"\xa2" + b"".join(b"\x79" + len(word).to_bytes(2, "big") + word for word in words)


def _reply(
    status: int, content_type: str, body: bytes, request_id: str, code: str = ""
) -> HttpReply:
    headers = [
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("x-amzn-RequestId", request_id),
    ]
    if code:
        headers.append(("x-amzn-ErrorType", code))
    if content_type == "application/cbor":
        headers.append(("smithy-protocol", "rpc-v2-cbor"))
    return HttpReply(status, tuple(headers), body)


def _json_type(operation: Any) -> str:
    return f"application/x-amz-json-{operation.service_model.metadata.get('jsonVersion', '1.1')}"


def _epoch(moment: datetime) -> float:
    return round(moment.timestamp(), 3)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

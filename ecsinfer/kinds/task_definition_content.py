"""What makes two task definitions the same: normal form, digest and differences (C10).

`normalise` drops whatever says the same as its absence, on both sides alike, so that what AWS
fills in never shows as a difference. It stays in API form.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ecsinfer.capacity.amounts import cpu_units, mebibytes
from ecsinfer.model import Change
from ecsinfer.spec.secretness import HIDDEN, concealed, secret_by_value

_CONTAINER = "containerDefinitions[]"

_TASK_FIELDS = frozenset({
    "family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions", "volumes",
    "placementConstraints", "requiresCompatibilities", "cpu", "memory", "pidMode", "ipcMode",
    "proxyConfiguration", "inferenceAccelerators", "ephemeralStorage", "runtimePlatform",
    "enableFaultInjection",
})  # fmt: skip
_CONTAINER_FIELDS = frozenset({
    "name", "image", "repositoryCredentials", "cpu", "memory", "memoryReservation", "links",
    "portMappings", "essential", "restartPolicy", "entryPoint", "command", "environment",
    "environmentFiles", "mountPoints", "volumesFrom", "linuxParameters", "secrets", "dependsOn",
    "startTimeout", "stopTimeout", "versionConsistency", "hostname", "user", "workingDirectory",
    "disableNetworking", "privileged", "readonlyRootFilesystem", "dnsServers",
    "dnsSearchDomains", "extraHosts", "dockerSecurityOptions", "interactive", "pseudoTerminal",
    "dockerLabels", "ulimits", "logConfiguration", "healthCheck", "systemControls",
    "resourceRequirements", "firelensConfiguration", "credentialSpecs",
})  # fmt: skip
"""Fields a user can remove from the spec; other ones that AWS shows are AWS's own (C10.19)."""

OUTPUT_ONLY = frozenset({
    "taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities",
    "registeredAt", "registeredBy", "deregisteredAt", "deleteRequestedAt", "tags",
})  # fmt: skip

_EFS = "volumes[].efsVolumeConfiguration"
_DEFAULTS: Mapping[str, Any] = {
    "networkMode": "bridge",
    "enableFaultInjection": False,
    "runtimePlatform.cpuArchitecture": "X86_64",
    "runtimePlatform.operatingSystemFamily": "LINUX",
    "volumes[].configuredAtLaunch": False,
    "volumes[].dockerVolumeConfiguration.scope": "task",
    "volumes[].dockerVolumeConfiguration.autoprovision": False,
    f"{_EFS}.rootDirectory": "/",
    f"{_EFS}.transitEncryption": "DISABLED",
    f"{_EFS}.authorizationConfig.iam": "DISABLED",
    f"{_CONTAINER}.essential": True,
    f"{_CONTAINER}.cpu": 0,
    f"{_CONTAINER}.versionConsistency": "enabled",
    f"{_CONTAINER}.interactive": False,
    f"{_CONTAINER}.pseudoTerminal": False,
    f"{_CONTAINER}.privileged": False,
    f"{_CONTAINER}.readonlyRootFilesystem": False,
    f"{_CONTAINER}.disableNetworking": False,
    f"{_CONTAINER}.portMappings[].protocol": "tcp",
    f"{_CONTAINER}.portMappings[].hostPort": 0,
    f"{_CONTAINER}.mountPoints[].readOnly": False,
    f"{_CONTAINER}.volumesFrom[].readOnly": False,
    f"{_CONTAINER}.linuxParameters.initProcessEnabled": False,
    f"{_CONTAINER}.healthCheck.interval": 30,
    f"{_CONTAINER}.healthCheck.timeout": 5,
    f"{_CONTAINER}.healthCheck.retries": 3,
    f"{_CONTAINER}.healthCheck.startPeriod": 0,
    f"{_CONTAINER}.restartPolicy.restartAttemptPeriod": 300,
}

_SETS = frozenset({
    "containerDefinitions", "volumes", "requiresCompatibilities", "placementConstraints",
    "inferenceAccelerators", "proxyConfiguration.properties",
    f"{_CONTAINER}.environment", f"{_CONTAINER}.secrets", f"{_CONTAINER}.portMappings",
    f"{_CONTAINER}.mountPoints", f"{_CONTAINER}.volumesFrom", f"{_CONTAINER}.ulimits",
    f"{_CONTAINER}.dependsOn", f"{_CONTAINER}.resourceRequirements",
    f"{_CONTAINER}.systemControls", f"{_CONTAINER}.extraHosts", f"{_CONTAINER}.links",
    f"{_CONTAINER}.dockerSecurityOptions", f"{_CONTAINER}.credentialSpecs",
    f"{_CONTAINER}.logConfiguration.secretOptions",
    f"{_CONTAINER}.linuxParameters.capabilities.add",
    f"{_CONTAINER}.linuxParameters.capabilities.drop",
    f"{_CONTAINER}.linuxParameters.devices", f"{_CONTAINER}.linuxParameters.devices[].permissions",
    f"{_CONTAINER}.linuxParameters.tmpfs", f"{_CONTAINER}.linuxParameters.tmpfs[].mountOptions",
})  # fmt: skip
"""Lists whose order AWS does not keep or does not mean; command, environmentFiles (top-down) and
DNS servers are not among them."""

_TEXT_MAPS = frozenset({
    f"{_CONTAINER}.dockerLabels", f"{_CONTAINER}.logConfiguration.options",
    f"{_CONTAINER}.firelensConfiguration.options",
    "volumes[].dockerVolumeConfiguration.driverOpts",
    "volumes[].dockerVolumeConfiguration.labels",
})  # fmt: skip
"""Maps of strings with the user's own keys (C10.10)."""

_NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "containerDefinitions": ("name",),
    "volumes": ("name",),
    f"{_CONTAINER}.environment": ("name",),
    f"{_CONTAINER}.secrets": ("name",),
    f"{_CONTAINER}.portMappings": ("containerPort", "containerPortRange", "protocol", "hostPort"),
    f"{_CONTAINER}.mountPoints": ("containerPath",),
    f"{_CONTAINER}.volumesFrom": ("sourceContainer",),
    f"{_CONTAINER}.ulimits": ("name",),
    f"{_CONTAINER}.dependsOn": ("containerName", "condition"),
    f"{_CONTAINER}.resourceRequirements": ("type",),
    f"{_CONTAINER}.systemControls": ("namespace",),
    f"{_CONTAINER}.extraHosts": ("hostname",),
    f"{_CONTAINER}.logConfiguration.secretOptions": ("name",),
}
"""What names an entry of a list, in the path of a change."""

_VALUED_BY: Mapping[str, str] = {
    f"{_CONTAINER}.environment": "value",
    f"{_CONTAINER}.secrets": "valueFrom",
    f"{_CONTAINER}.resourceRequirements": "value",
    f"{_CONTAINER}.systemControls": "value",
    f"{_CONTAINER}.extraHosts": "ipAddress",
    f"{_CONTAINER}.logConfiguration.secretOptions": "valueFrom",
}
"""What such an entry has besides its name, where that is one thing: the path needs no more."""

# Wider than what the spec refuses: hiding too much in a plan harms nobody.
_SECRET = re.compile(r"token|secret|passw|credential|api_?key|private_?key|auth", re.IGNORECASE)


def normalise(request: Mapping[str, Any]) -> dict[str, Any]:
    """The content in normal form: idempotent, and blind to order where AWS is (C10).

    Takes a RegisterTaskDefinition request or DescribeTaskDefinition's ``taskDefinition``.
    """
    content = {key: value for key, value in request.items() if key not in OUTPUT_ONLY}
    for key, units in (("cpu", cpu_units), ("memory", mebibytes)):
        if content.get(key) is not None:
            content[key] = str(units(content[key]))
    mode = content.get("networkMode")
    if mode in ("awsvpc", "host"):
        content["containerDefinitions"] = [
            {**each, "portMappings": [_same_port(port) for port in each.get("portMappings") or ()]}
            for each in content.get("containerDefinitions") or ()
        ]
    normal: dict[str, Any] = _normal(content, "")
    return normal


def digest(request: Mapping[str, Any]) -> str:
    """``sha256:`` and the hash of the normal form."""
    text = json.dumps(normalise(request), sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def differences(desired: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[Change, ...]:
    """What registering `desired` would change of `found`; secret-looking values are hidden.

    Fields that only AWS shows and no user could have declared never differ (C10.19).
    """
    new, old = dict(_leaves(normalise(desired), "", "")), dict(_leaves(normalise(found), "", ""))
    changes = []
    for path in sorted(new.keys() | old.keys()):
        if path not in new and not _removable(path):
            continue
        before, after = old.get(path), new.get(path)
        if before == after or (path.endswith("RoleArn") and _same_role(before, after)):
            continue
        hidden = _SECRET.search(_own_key(path)) or _looks_secret(before) or _looks_secret(after)
        before, after = (_shown(value, hidden=bool(hidden)) for value in (before, after))
        changes.append(Change(path, before, after, "new-revision"))
    return tuple(changes)


def _normal(value: Any, path: str) -> Any:
    if path in _TEXT_MAPS and isinstance(value, Mapping):
        return {key: _text(item) for key, item in value.items() if item is not None}
    if isinstance(value, Mapping):
        prefix = f"{path}." if path else ""
        items = ((key, prefix + key, _normal(item, prefix + key)) for key, item in value.items())
        return {
            key: item
            for key, here, item in items
            if not _empty(item) and not (here in _DEFAULTS and item == _DEFAULTS[here])
        }
    if isinstance(value, list | tuple):
        listed = [_normal(item, f"{path}[]") for item in value]
        return sorted(listed, key=_canonical) if path in _SETS else listed
    return value


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, list | dict) and not value)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _same_port(port: Mapping[str, Any]) -> dict[str, Any]:
    # With awsvpc and host the host port is the container port, said or not (C10.5).
    if port.get("hostPort") in (None, 0, port.get("containerPort")):
        return {key: value for key, value in port.items() if key != "hostPort"}
    return dict(port)


def _leaves(value: Any, shown: str, path: str) -> Iterator[tuple[str, Any]]:
    """(path as shown, value) of everything that is not a structure; lists of names are leaves."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            here = f"{path}.{key}" if path else key
            member = f"[{key}]" if path in _TEXT_MAPS else f".{key}" if path else key
            yield from _leaves(item, shown + member, here)
    elif path in _NAMED_BY:
        for item in value:
            names = (str(item[name]) for name in _NAMED_BY[path] if name in item)
            entry = f"{shown}[{'/'.join(names)}]"
            if path in _VALUED_BY:
                yield entry, item.get(_VALUED_BY[path], "")
            else:
                yield from _leaves(item, entry, f"{path}[]")
    else:
        yield shown, value


def _removable(path: str) -> bool:
    top, _, rest = path.partition("[")
    if top != "containerDefinitions":
        return top.partition(".")[0] in _TASK_FIELDS
    member = rest.partition("].")[2]
    return not member or re.split(r"[.\[]", member)[0] in _CONTAINER_FIELDS


def _looks_secret(value: Any) -> bool:
    return isinstance(value, str) and secret_by_value(value)


def _shown(value: Any, *, hidden: bool) -> Any:
    """The value as it may be shown; of a list only the words that hold secrets are hidden."""
    if hidden:
        return None if value is None else HIDDEN
    texts = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return concealed(value) if texts else value


def _own_key(path: str) -> str:
    """The part of a path that the user named: an environment variable, an option."""
    entry = re.search(r"\.(environment|options|dockerLabels)\[([^\]]*)\]", path)
    return "" if entry is None else entry[2]


def _same_role(one: Any, other: Any) -> bool:
    """Short names are accepted and may come back as ARNs (C10.17)."""
    if one is None or other is None or (one.startswith("arn:") and other.startswith("arn:")):
        return False
    return bool(one.rpartition("/")[2] == other.rpartition("/")[2])

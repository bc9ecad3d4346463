"""What a container is given: resources, configuration, health, files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from ecsinfer.spec.fields import (
    Count,
    CpuUnits,
    Duration,
    Flag,
    Gibibytes,
    GpuCount,
    Mebibytes,
    Raw,
    Section,
    Text,
    Words,
)

PortNumber: TypeAlias = Annotated[Count, Field(ge=1, le=65535)]


class Port(Section):
    """A port that a container listens on."""

    container: PortNumber = Field(description="Port in the container.")
    host: Annotated[Count, Field(ge=0, le=65535)] | None = Field(
        None,
        description="Port on the instance: in bridge mode any, 0 for a free one; otherwise the same "
        "as in the container.",
    )
    protocol: Literal["tcp", "udp"] = Field("tcp", description="Transport protocol.")
    name: Words | None = Field(None, description="Name for Service Connect and VPC Lattice.")
    app_protocol: Literal["http", "http2", "grpc"] | None = Field(
        None, description="Protocol that Service Connect treats the traffic as."
    )


def _ports(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    return [item if isinstance(item, Mapping) else {"container": item} for item in value]


Ports: TypeAlias = Annotated[
    tuple[Port, ...],
    BeforeValidator(_ports, json_schema_input_type=tuple[Port | PortNumber, ...]),
]


class GpuSharing(Section):
    """A share of one GPU by NVIDIA MPS."""

    memory: Mebibytes = Field(description="GPU memory; tasks are placed by it.")
    compute_percent: Annotated[Count, Field(ge=1, le=100)] | None = Field(
        None, description="Most of the GPU's threads that may be used; a cap, no reservation."
    )


class ContainerResources(Section):
    """What one container may use."""

    cpu: CpuUnits | None = Field(None, description="CPU units; 1024 are one vCPU.")
    memory: Mebibytes | None = Field(
        None, description="Memory; a container that uses more is killed."
    )
    memory_reservation: Mebibytes | None = Field(
        None, description="Memory that is reserved, where more may be used."
    )
    gpu: GpuCount | None = Field(
        None, description="GPUs: a number, `all`, or a fraction on instances that offer one."
    )
    gpu_sharing: GpuSharing | None = Field(
        None, description="A share of one GPU by NVIDIA MPS, in place of `gpu`."
    )
    neuron_devices: Literal["all"] | None = Field(
        None, description="All Neuron devices of the instance; Managed Instances only."
    )
    shared_memory: Mebibytes | None = Field(
        None, description="Size of /dev/shm, 64 MiB otherwise; tensor parallelism needs GiBs."
    )


class Resources(ContainerResources):
    """What one task may use; GPUs and shared memory go to the service's own container."""

    cpu: CpuUnits | None = Field(
        None, description="CPU units of the task; 1024 are one vCPU. Fargate requires it."
    )
    memory: Mebibytes | None = Field(None, description="Memory of the task. Fargate requires it.")
    ephemeral_storage: Annotated[Gibibytes, Field(ge=21, le=200)] | None = Field(
        None, description="Disk of a Fargate task, 20 GiB otherwise."
    )


def _health_command(value: Any) -> Any:
    if isinstance(value, str):
        return ["CMD-SHELL", value]
    if isinstance(value, list | tuple) and value and value[0] not in ("CMD", "CMD-SHELL", "NONE"):
        return ["CMD", *value]
    return value


HealthCommand: TypeAlias = Annotated[
    tuple[Text, ...],
    BeforeValidator(_health_command, json_schema_input_type=tuple[Text, ...] | str),
]
"""As the API wants it: beginning with ``CMD`` or ``CMD-SHELL``."""


class HealthCheck(Section):
    """A command that says whether a container is healthy."""

    command: HealthCommand = Field(
        (),
        description="Command that exits with 0 while the container is healthy: a text for the "
        "shell, or a list. Without it there is no container health check.",
    )
    interval: Annotated[Duration, Field(ge=5, le=300)] = Field(
        30, description="Time between two runs of the command."
    )
    timeout: Annotated[Duration, Field(ge=2, le=60)] = Field(
        5, description="Time that one run may take."
    )
    retries: Annotated[Count, Field(ge=1, le=10)] = Field(
        3, description="Failures in a row that make the container unhealthy."
    )
    start_period: Annotated[Duration, Field(ge=0)] = Field(
        0, description="Time after the start in which failures do not count, at most 5 minutes."
    )


class Health(HealthCheck):
    """When a task counts as serving, and how long it may take to start and stop."""

    path: Words | None = Field(
        None,
        description="HTTP path on which the service says that it is ready: what the health check "
        "of its target group should ask.",
    )
    grace: Annotated[Duration, Field(le=2147483647)] | None = Field(
        None,
        description="Time after a task's start in which ECS ignores failing health checks: longer "
        "than loading the model takes.",
    )
    stop_timeout: Annotated[Duration, Field(ge=1)] | None = Field(
        None,
        description="Time between SIGTERM and SIGKILL, 30 s otherwise; Fargate allows 2 minutes.",
    )


class Mount(Section):
    """A volume in a container."""

    volume: Words = Field(description="Key of the volume under `volumes`.")
    path: Words = Field(description="Where the container sees it.")
    read_only: Flag = Field(False, description="Whether the container may only read it.")


class Ulimit(Section):
    """A limit of the container's processes; -1 is none."""

    soft: Annotated[Count, Field(ge=-1)] = Field(description="Soft limit.")
    hard: Annotated[Count, Field(ge=-1)] = Field(description="Hard limit.")


UlimitName: TypeAlias = Literal[
    "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc",
    "rss", "rtprio", "rttime", "sigpending", "stack",
]  # fmt: skip


def _environment_file(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


EnvironmentFiles: TypeAlias = Annotated[
    tuple[Words, ...],
    BeforeValidator(_environment_file, json_schema_input_type=tuple[Words, ...] | Words),
]


class Container(Section):
    """What the service's own container and its side-cars have in common."""

    image: Words | None = Field(
        None, description="Image with tag or digest; a tag is pinned to its digest on deploy."
    )
    command: tuple[Text, ...] = Field((), description="Arguments, one item each.")
    entrypoint: tuple[Text, ...] = Field((), description="Program and its first arguments.")
    ports: Ports = Field((), description="Ports the container listens on: numbers or mappings.")
    environment: Mapping[str, Text] = Field(
        default_factory=dict, description="Environment variables that are no secrets."
    )
    environment_files: EnvironmentFiles = Field(
        (), description="ARNs of .env files in S3; on the same name the first one wins."
    )
    secrets: Mapping[str, Words] = Field(
        default_factory=dict,
        description="Environment variables whose values ECS reads at the start: ARNs of Secrets "
        "Manager secrets or SSM parameters, never values.",
    )
    depends_on: Mapping[str, Literal["start", "complete", "success", "healthy"]] = Field(
        default_factory=dict, description="Containers that must have come that far before."
    )
    mounts: tuple[Mount, ...] = Field((), description="Volumes in the container.")
    ulimits: Mapping[UlimitName, Ulimit] = Field(
        default_factory=dict, description="Limits of the container's processes."
    )
    user: Text | None = Field(None, description="User, as name or number, that runs the container.")
    working_directory: Words | None = Field(None, description="Where the command starts.")
    init_process: Flag = Field(
        True, description="Whether an init process forwards signals and reaps children."
    )
    read_only_root: Flag = Field(False, description="Whether the root file system is read-only.")
    docker_labels: Mapping[str, Text] = Field(
        default_factory=dict, description="Docker labels of the container."
    )


class Sidecar(Container):
    """A container beside the service's own."""

    port: PortNumber | None = Field(None, description="The one port it listens on.")
    resources: ContainerResources = Field(
        default_factory=ContainerResources, description="What it may use."
    )
    health: HealthCheck = Field(
        default_factory=HealthCheck, description="Its container health check."
    )
    essential: Flag = Field(True, description="Whether the task ends when it ends.")
    stop_timeout: Annotated[Duration, Field(ge=1)] | None = Field(
        None, description="Time between SIGTERM and SIGKILL."
    )
    overrides: Raw = Field(
        default_factory=dict, description="Fields of its container definition, merged last."
    )


class EfsVolume(Section):
    """An Amazon EFS file system."""

    file_system: Words = Field(description="Id of the file system, such as fs-0123456789abcdef0.")
    root: Words = Field("/", description="Directory that becomes the volume's root.")
    access_point: Words | None = Field(None, description="Id of the access point.")
    encrypted: Flag = Field(True, description="Whether the traffic is encrypted.")
    iam: Flag = Field(False, description="Whether the task's role authorises the mount.")


class EbsVolume(Section):
    """A new Amazon EBS volume per task, configured at launch."""

    role: Words = Field(description="ARN of the role with which ECS manages the volume.")
    size: Annotated[Gibibytes, Field(ge=1, le=65536)] | None = Field(
        None, description="Size; at least the snapshot's."
    )
    snapshot: Words | None = Field(None, description="Id of the snapshot that fills the volume.")
    type: Literal["gp3", "gp2", "io1", "io2", "st1", "sc1", "standard"] = Field(
        "gp3", description="Type of the volume."
    )
    iops: Annotated[Count, Field(ge=100)] | None = Field(None, description="Operations per second.")
    throughput: Annotated[Count, Field(ge=125, le=2000)] | None = Field(
        None, description="MiB per second, gp3 only."
    )
    initialization_rate: Annotated[Count, Field(ge=100, le=300)] | None = Field(
        None, description="MiB per second at which the snapshot is fetched."
    )
    filesystem: Literal["ext3", "ext4", "xfs", "ntfs"] = Field("xfs", description="File system.")
    encrypted: Flag | None = Field(None, description="Whether the volume is encrypted.")
    kms_key: Words | None = Field(None, description="KMS key that encrypts it.")


class DockerVolume(Section):
    """A Docker volume on the instance; not on Fargate."""

    scope: Literal["task", "shared"] = Field("task", description="Whether it outlives the task.")
    autoprovision: Flag = Field(False, description="Whether a shared volume is created if missing.")
    driver: Words | None = Field(None, description="Volume driver.")
    driver_options: Mapping[str, Text] = Field(
        default_factory=dict, description="Options of the driver."
    )
    labels: Mapping[str, Text] = Field(default_factory=dict, description="Labels of the volume.")


class Volume(Section):
    """A volume of the task; an empty mapping is an empty directory that ends with the task."""

    efs: EfsVolume | None = Field(None, description="An Amazon EFS file system.")
    ebs: EbsVolume | None = Field(None, description="A new Amazon EBS volume per task.")
    host: Words | None = Field(None, description="A directory of the instance; not on Fargate.")
    docker: DockerVolume | None = Field(None, description="A Docker volume; not on Fargate.")

"""Specs of every shape, deployable on the furnished account."""

from __future__ import annotations

from typing import Any

from ecsinfer.sandbox import furniture
from ecsinfer.spec import Spec

REGION = furniture.REGION
INFERENCE_IMAGE = furniture.VLLM.replace("vllm", "my-inference-service")
ROLES = {"execution": furniture.EXECUTION_ROLE, "task": furniture.TASK_ROLE}
NETWORK = {"subnets": list(furniture.SUBNETS), "security_groups": [furniture.SECURITY_GROUP]}
GPU = {
    "auto_scaling_group": furniture.GPU_GROUP,
    "target_capacity": 75,
    "scaling_steps": [1, 1000],
    "termination_protection": True,
}
CPU = {"auto_scaling_group": furniture.CPU_GROUP}

LLM: dict[str, Any] = {
    "image": f"{furniture.VLLM}:v1",
    "command": ["--model", "/models/llama"],
    "port": 8000,
    "resources": {"cpu": 2048, "memory": 8192, "gpu": 1, "shared_memory": 1024},
    "environment": {"MODEL_DIR": "/models"},
    "secrets": {"HF_TOKEN": furniture.SECRET},
    "health": {"path": "/health", "grace": "10m", "stop_timeout": "2m"},
    "roles": ROLES,
    "network": NETWORK,
    "load_balancer": {"target_group": furniture.IP_TARGETS},
    "capacity": {"gpu": {"weight": 1, "base": 1}},
    "replicas": 2,
    "logs": {"retention_days": 30},
}
WEB: dict[str, Any] = {
    "image": f"{INFERENCE_IMAGE}:v1",
    "port": 80,
    "resources": {"cpu": 256, "memory": 512},
    "roles": ROLES,
    "network": NETWORK,
    "capacity": {"FARGATE": {"base": 1}, "FARGATE_SPOT": {"weight": 3}},
    "replicas": 2,
}
API: dict[str, Any] = {
    "image": f"{INFERENCE_IMAGE}:v1",
    "roles": ROLES,
    "resources": {"cpu": 256, "memory": 512},
    "network": {"mode": "bridge"},
    "ports": [{"container": 80, "host": 0}],
    "capacity": {"cpu": None},
    "placement": {
        "strategies": [{"type": "binpack", "field": "memory"}],
        "constraints": ["attribute:ecs.instance-type =~ m5.*"],
    },
    "sidecars": {"agent": {"image": "example.com/agent:1", "resources": {"memory": 128}}},
    "volumes": {"scratch": {}, "models": {"host": "/mnt/models"}},
    "mounts": [{"volume": "models", "path": "/models", "read_only": True}],
    "health": {"command": "curl -f localhost/health"},
    "ulimits": {"nofile": {"soft": 1024, "hard": 4096}},
    "depends_on": {"agent": "start"},
    "logs": {"mode": "blocking"},
}
SCALING: dict[str, Any] = {
    "min": 1,
    "max": 4,
    "cpu": 60,
    "requests_per_replica": 600,
    "scheduled": {"night": {"schedule": "cron(0 20 * * ? *)", "min": 1, "start": "2030-01-01"}},
}
MANAGED: dict[str, Any] = {
    "infrastructure_role": furniture.INFRASTRUCTURE_ROLE,
    "instance_profile": furniture.INSTANCE_PROFILE,
    "subnets": list(furniture.SUBNETS),
    "security_groups": [furniture.SECURITY_GROUP],
    "requirements": {
        "vcpu": {"min": 4},
        "memory": {"min": "16 GiB"},
        "accelerator_types": ["gpu"],
        "accelerator_count": {"min": 1},
    },
    "scale_in_after": "10m",
}
RAW: dict[str, Any] = {
    "family": "exported",
    "containerDefinitions": [
        {
            "name": "main",
            "image": "example.com/main:1",
            "memory": 128,
            "portMappings": [{"containerPort": 80, "hostPort": 0}],
        }
    ],
}


def spec(**sections: Any) -> Spec:
    """A spec of the application ``inference``."""
    return Spec.model_validate({"name": "inference", "region": REGION, **sections})


def gpu(**changes: Any) -> Spec:
    """The GPU service on an Auto Scaling group; a change to None removes."""
    service = {key: value for key, value in {**LLM, **changes}.items() if value is not None}
    return spec(cluster={"insights": "enhanced"}, capacity={"gpu": GPU}, services={"llm": service})


def fargate(**changes: Any) -> Spec:
    """A service on Fargate."""
    return spec(services={"web": {**WEB, **changes}})


SPECS: dict[str, Spec] = {
    "gpu": gpu(),
    "scaled": gpu(scaling=SCALING, replicas=None),
    "fargate": fargate(),
    "managed-instances": spec(
        capacity={"mi": {"managed_instances": MANAGED}},
        services={"llm": {**LLM, "capacity": {}}},
    ),
    "several": spec(
        capacity={"gpu": GPU, "cpu": CPU}, services={"llm": LLM, "api": API, "web": WEB}
    ),
    "task-definition-in-api-form": spec(
        capacity={"cpu": CPU},
        services={"app": {"task_definition": RAW, "images": {"main": "example.com/main:2"}}},
    ),
}
"""By what is particular about them."""

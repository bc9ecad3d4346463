"""Every combination that the rules refuse, each alone and with nothing else being told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
import yaml

from tests.spec.support import (
    BEHIND,
    ON_FARGATE,
    ON_GPUS,
    ROLE,
    TARGETS,
    load_document,
    only_problem_of,
    patched,
    problems_of,
    with_service,
)

ON_MANAGED = patched(
    ON_GPUS,
    yaml.safe_load("""
      capacity:
        gpu:
          auto_scaling_group:
          managed_instances:
            infrastructure_role: arn:aws:iam::123456789012:role/infrastructure
            instance_profile: arn:aws:iam::123456789012:instance-profile/instances
            subnets: [subnet-1]
            requirements: {vcpu: {min: 4}, memory: {min: 16 GiB}}
    """),
)
LISTENER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/a/0a/0b"
SHIFTING = (
    f"load_balancer: {{target_group: '{TARGETS}', alternate_target_group: '{TARGETS}', "
    f"production_rule: '{LISTENER}', role: '{ROLE}'}}"
)
FOREIGN_GROUP = (
    "arn:aws:autoscaling:us-west-2:123456789012:autoScalingGroup:a:autoScalingGroupName/a"
)


class Case(NamedTuple):
    """A service that cannot work: where it is told, and in which words."""

    rule: str
    base: Mapping[str, Any]
    service: str
    path: str
    words: str


SERVICES = [
    # Where it runs
    Case("B18", ON_GPUS, "capacity: {gpu: {weight: 0}}", "capacity", "weight"),
    Case("B18", ON_GPUS, "capacity: {nope: {weight: 1}}", "capacity", "no capacity nope"),
    Case("B18", ON_GPUS, "capacity: {FARGATE: {weight: 1}}", "capacity", "cannot mix"),
    Case("D3", ON_GPUS, "launch_type: EC2", "launch_type", "exclude each other"),
    Case("D3", ON_GPUS, "overrides: {service: {launchType: EC2}}",
         "overrides.service.launchType", "exclude each other"),
    Case("C14", ON_GPUS, "overrides: {task_definition: {requiresCompatibilities: [FARGATE]}}",
         "overrides", "Auto Scaling group"),
    # Fargate
    Case("C13", ON_FARGATE, "resources: {gpu: 1}", "resources.gpu", "no GPUs"),
    Case("C13", ON_FARGATE, "resources: {gpu_sharing: {memory: 4 GiB}}", "resources.gpu", "no GPUs"),
    Case("C11", ON_FARGATE, "resources: {memory: null}", "resources", "the task's memory"),
    Case("C11", ON_FARGATE, "resources: {cpu: null, memory: null}", "resources", "cpu and memory"),
    Case("C11", ON_FARGATE, "resources: {cpu: 777}", "resources", "777 CPU units"),
    Case("C11", ON_FARGATE, "resources: {cpu: 256, memory: 4096}", "resources", "4096 MiB with 256"),
    Case("C11", ON_FARGATE, "resources: {cpu: 256, memory: 1536}", "resources", "1536 MiB with 256"),
    Case("C14", ON_FARGATE, "network: {mode: host, subnets: null}", "network.mode", "awsvpc only"),
    Case("D16", ON_FARGATE, "placement: {strategies: [{type: random}]}", "placement", "no instances"),
    Case("C16", ON_FARGATE, "health: {stop_timeout: 3m}", "health.stop_timeout", "120 s"),
    Case("C16", ON_FARGATE, "sidecars: {a: {image: a, stop_timeout: 3m}}",
         "sidecars.a.stop_timeout", "120 s"),
    Case("A2", ON_FARGATE, "resources: {shared_memory: 1 GiB}", "resources.shared_memory", "shm"),
    Case("C10", ON_FARGATE, "volumes: {a: {host: /x}}", "volumes.a", "directories"),
    Case("C15", ON_FARGATE, "roles: {execution: null}", "roles.execution", "logs on Fargate"),
    # EC2 capacity
    Case("D10", ON_GPUS, "network: {public_ip: true}", "network.public_ip", "public addresses"),
    Case("D10", ON_GPUS, "overrides: {service: {networkConfiguration: {awsvpcConfiguration: "
         "{assignPublicIp: ENABLED}}}}", "overrides.service", "public addresses"),
    Case("D12", ON_GPUS, "platform: {version: 1.4.0}", "platform.version", "platform version"),
    Case("C11", ON_GPUS, "resources: {ephemeral_storage: 50}",
         "resources.ephemeral_storage", "disk of their instance"),
    Case("C11", ON_GPUS, "resources: {cpu: 4}", "resources.cpu", "128 to 196608"),
    Case("C11", ON_GPUS, "resources: {cpu: 0}", "resources.cpu", "128 to 196608"),
    Case("C12", ON_GPUS, "resources: {memory: 0}", "resources.memory", "at least 6 MiB"),
    Case("C12", ON_GPUS, "resources: {memory: null}", "resources.memory", "memory limit"),
    Case("C13", ON_GPUS, "resources: {neuron_devices: all}", "resources.neuron_devices", "Managed"),
    Case("A7", ON_MANAGED, "placement: {strategies: [{type: random}]}",
         "placement.strategies", "do not know placement"),
    # Network
    Case("C14", ON_GPUS, "network: {subnets: []}", "network.subnets", "need subnets"),
    Case("C14", ON_GPUS, "network: null", "network.subnets", "need subnets"),
    Case("C14", ON_GPUS, "network: {mode: bridge}", "network.subnets", "network of their instance"),
    Case("C14", ON_GPUS, "{port: null, ports: [{container: 80, host: 8080}]}",
         "ports[0].host", "the host's port is the container's"),
    Case("C14", ON_GPUS, "{port: 80, network: {mode: none, subnets: null}}", "ports", "no ports"),
    Case("C14", ON_GPUS, "sidecars: {a: {image: a, port: 8000}}", "sidecars.a.port", "port 8000"),
    Case("D17", ON_GPUS, f"{{port: null, {BEHIND}}}", "load_balancer[0].port", "no port"),
    Case("D17", ON_GPUS, f"load_balancer: {{target_group: '{TARGETS}', port: 81}}",
         "load_balancer[0].port", "does not listen on port 81"),
    Case("D17", ON_GPUS, f"load_balancer: {{target_group: '{TARGETS}', container: x}}",
         "load_balancer[0].container", "no container x"),
    Case("D17", ON_GPUS, f"load_balancer: {{target_group: '{TARGETS.replace('target', 'x')}'}}"
         .replace(":xgroup/", ":loadbalancer/app/"), "load_balancer[0].target_group", "not a target"),
    Case("D11", ON_GPUS, "network: {subnets: [sub]}", "network.subnets[0]", "id of a subnet"),
    Case("D11", ON_GPUS, "network: {subnets: [subnet-1, subnet-1]}", "network.subnets[1]", "already"),
    Case("D11", ON_GPUS, "network: {security_groups: [x]}", "network.security_groups[0]", "security"),
    Case("D17", ON_GPUS, "load_balancer: {target_group: my-tg}",
         "load_balancer[0].target_group", "ARN of a target group"),
    Case("D20", ON_GPUS, f"{{{SHIFTING.replace(':listener/', ':listeners/')}}}",
         "load_balancer[0].production_rule", "ARN of a listener"),
    Case("H3", ON_GPUS, "roles: {task: 'arn:aws:s3:::x'}", "roles.task", "ARN of an IAM role"),
    Case("H3", ON_GPUS, "roles: {task: notarole}", "roles.task", "ARN of an IAM role"),
    Case("H3", ON_GPUS, "roles: {execution: 'arn:aws:iam::123:foo'}", "roles.execution", "ARN of"),
    Case("C14", ON_GPUS, "overrides: {container: {portMappings: [{containerPort: 80, "
         "hostPort: 8080}]}}", "overrides.container.portMappings[0].hostPort", "the container's, 80"),
    # Containers
    Case("C7", ON_GPUS, "overrides: {task_definition: {containerDefinitions: []}}",
         "overrides.task_definition.containerDefinitions", "at least one container"),
    Case("C7", ON_GPUS, "environment: {'A=B': c}", "environment.A=B", "no ="),
    Case("C7", ON_GPUS, "sidecars: {a: {image: a, environment: {'': c}}}",
         "sidecars.a.environment.", "at least one character"),
    Case("C7", ON_GPUS, "image: null", "image", "needs an image"),
    Case("C7", ON_GPUS, "images: {llm: x}", "images", "task_definition"),
    Case("C7", ON_GPUS, "sidecars: {llm: {image: a}}", "sidecars.llm", "has the name llm already"),
    Case("C7", ON_GPUS, "sidecars: {a: {command: [a]}}", "sidecars.a.image", "needs an image"),
    Case("C16", ON_GPUS, "depends_on: {a: start}", "depends_on.a", "no other container a"),
    Case("C16", ON_GPUS, "depends_on: {llm: start}", "depends_on.llm", "no other container llm"),
    Case("C16", ON_GPUS, "{depends_on: {a: healthy}, sidecars: {a: {image: a}}}",
         "depends_on.a", "no health check"),
    Case("C16", ON_GPUS, "{depends_on: {a: success}, sidecars: {a: {image: a}}}",
         "depends_on.a", "essential"),
    Case("C16", ON_GPUS, "{depends_on: {a: start}, sidecars: {a: {image: a, depends_on: "
         "{llm: start}}}}", "depends_on", "llm -> a -> llm"),
    Case("C12", ON_GPUS, "sidecars: {a: {image: a, resources: {memory: 15 GiB}}}",
         "resources.memory", "15360 MiB together"),
    Case("C12", ON_GPUS, "sidecars: {a: {image: a, resources: {memory: 512, "
         "memory_reservation: 512}}}", "sidecars.a.resources.memory_reservation", "reserves 512"),
    Case("C12", ON_GPUS, "sidecars: {a: {image: a, resources: {memory: 4}}}",
         "sidecars.a.resources", "at least 6 MiB"),
    Case("C11", ON_GPUS, "sidecars: {a: {image: a, resources: {cpu: 5000}}}",
         "resources.cpu", "5000 CPU units"),
    Case("C13", ON_GPUS, "resources: {gpu_sharing: {memory: 4 GiB}}",
         "resources.gpu_sharing", "not both"),
    Case("C13", ON_GPUS, "sidecars: {a: {image: a, resources: {gpu_sharing: {memory: 1}}}}",
         "resources", "same way"),
    # Volumes
    Case("C10", ON_GPUS, "mounts: [{volume: a, path: /a}]", "mounts[0].volume", "no volume a"),
    Case("C10", ON_GPUS, "{volumes: {a: {}}, mounts: [{volume: a, path: /a}, "
         "{volume: a, path: /a}]}", "mounts[1].path", "mounted there already"),
    Case("C10", ON_GPUS, "volumes: {a: {host: /a, efs: {file_system: fs-1}}}",
         "volumes.a", "efs or host"),
    Case("C10", ON_GPUS, "volumes: {a: {efs: {file_system: fs-1, iam: true}}}",
         "volumes.a.efs.iam", "role"),
    Case("D6", ON_GPUS, f"volumes: {{a: {{ebs: {{role: '{ROLE}', size: 1}}}}, b: {{ebs: {{role: '{ROLE}', size: 1}}}}}}",
         "volumes.b", "at most one EBS volume"),
    Case("D6", ON_GPUS, f"volumes: {{a: {{ebs: {{role: '{ROLE}'}}}}}}", "volumes.a.ebs.size", "size or a snapshot"),
    Case("D6", ON_GPUS, f"volumes: {{a: {{ebs: {{role: '{ROLE}', size: 4, type: io2}}}}}}",
         "volumes.a.ebs.iops", "needs iops"),
    Case("D6", ON_GPUS, f"volumes: {{a: {{ebs: {{role: '{ROLE}', size: 4, initialization_rate: 200}}}}}}",
         "volumes.a.ebs.initialization_rate", "snapshot"),
    # Secrets
    Case("C15", ON_GPUS, "environment: {HF_TOKEN: abc}", "environment.HF_TOKEN", "secret"),
    Case("C15", ON_GPUS, "sidecars: {a: {image: a, environment: {DB_PASSWORD: abc}}}",
         "sidecars.a.environment.DB_PASSWORD", "secret"),
    Case("C15", ON_GPUS, "secrets: {A: 'arn:aws:ssm:::parameter/a'}", "roles.execution", "secrets"),
    Case("C15", ON_GPUS, f"{{secrets: {{A: 'p w'}}, roles: {{execution: '{ROLE}'}}}}",
         "secrets.A", "not the ARN"),
    Case("C15", ON_GPUS, f"{{secrets: {{A: /a}}, environment: {{A: b}}, "
         f"roles: {{execution: '{ROLE}'}}}}", "environment.A", "among the secrets"),
    Case("C15", ON_GPUS, "environment_files: 'arn:aws:s3:::b/a.env'", "roles.execution", "files"),
    Case("D30", ON_GPUS, "execute_command: true", "execute_command", "task role"),
    Case("D30", ON_GPUS, f"{{execute_command: true, roles: {{task: '{ROLE}'}}, read_only_root: true}}",
         "execute_command", "read-only"),
    Case("C15", ON_GPUS, "command: [--port, '80', --api-key, abc]", "command[3]", "secret"),
    Case("C15", ON_GPUS, "entrypoint: [serve, --token=abc]", "entrypoint[1]", "secret"),
    Case("C15", ON_GPUS, "health: {command: curl --password abc localhost}",
         "health.command", "secret"),
    # Scaling
    Case("D27", ON_GPUS, "scaling: {min: 1, max: 2}", "replicas", "fixed number"),
    Case("E2", ON_GPUS, "{replicas: null, scaling: {min: 3, max: 2}}", "scaling.min", "at least 3"),
    Case("E8", ON_GPUS, "{replicas: null, scaling: {min: 1, max: 2, requests_per_replica: 10}}",
         "scaling.requests_per_replica", "load balancer"),
    Case("E7", ON_GPUS, "{replicas: null, scaling: {min: 1, max: 2, metrics: {q: {target: 1}}}}",
         "scaling.metrics.q", "which metric"),
    Case("E7", ON_GPUS, "{replicas: null, scaling: {min: 1, max: 2, metrics: {q: {target: 1, "
         "namespace: n, metrics: [{Id: a}]}}}}", "scaling.metrics.q.metrics", "exclude"),
    Case("E6", ON_GPUS, "{replicas: null, scaling: {min: 1, max: 2, scheduled: {n: {min: 1, "
         "schedule: daily}}}}", "scaling.scheduled.n.schedule", "no schedule"),
    *(Case("E6", ON_GPUS, "{replicas: null, scaling: {min: 1, max: 2, scheduled: {n: {min: 1, "
           f"schedule: rate(1 day), {said}}}}}}}}}", f"scaling.scheduled.n.{key}", words)
      for said, key, words in (
          ("timezone: Mars/North", "timezone", "no time zone"),
          ("start: tomorrow", "start", "ISO 8601"),
          ("end: '2030-13-01'", "end", "ISO 8601"),
          ("start: '2030-01-02', end: '2030-01-01'", "end", "before it begins"),
      )),
    Case("E6", ON_GPUS, "{replicas: null, scaling: {min: 1, max: 2, scheduled: {n: {"
         "schedule: rate(1 day)}}}}", "scaling.scheduled.n", "changes nothing"),
    Case("E6", ON_GPUS, "{replicas: null, scaling: {min: 1, max: 2, scheduled: {n: {min: 3, "
         "max: 2, schedule: rate(1 day)}}}}", "scaling.scheduled.n.min", "more than"),
    Case("E6", ON_GPUS, "{replicas: null, scaling: {min: 1, max: 2, scheduled: {"
         "a: {name: x, min: 1, schedule: rate(1 day)}, "
         "b: {name: x, min: 2, schedule: rate(1 day)}}}}",
         "scaling.scheduled.b.name", "another scheduled action"),
    Case("E6", ON_GPUS, "{replicas: null, scaling: {min: 1, max: 2, policy_names: {cpu: x}}}",
         "scaling.policy_names.cpu", "no such target"),
    Case("E6", ON_GPUS, "{replicas: null, scaling: {min: 1, max: 2, cpu: 60, policy_names: "
         "{cpu: x}, metrics: {q: {name: x, target: 1, namespace: n, metric: m}}}}",
         "scaling.metrics.q.name", "another policy"),
    Case("E6", ON_GPUS, "{replicas: null, scaling: {min: 1, max: 2}, overrides: "
         "{scaling_policies: {x: {PolicyType: StepScaling}}}}",
         "overrides.scaling_policies.x", "no policy in"),
    Case("E6", ON_GPUS, "overrides: {scaling_policies: {x: {PolicyType: StepScaling, "
         "StepScalingPolicyConfiguration: {}}}}", "overrides.scaling_policies", "limits"),
    # Rollout
    Case("D14", ON_GPUS, "rollout: {maximum: 100}", "rollout", "no task could be replaced"),
    Case("D14", ON_GPUS, "{replicas: 3, rollout: {maximum: 125}}", "rollout", "allows 3"),
    Case("D14", ON_GPUS, "{replicas: 1, rollout: {minimum_healthy: 50, maximum: 150}}",
         "rollout", "keeps 1"),
    Case("D15", ON_GPUS, "rollout: {minimum_healthy: 50, maximum: 100, "
         "availability_zone_rebalancing: true}", "rollout.availability_zone_rebalancing", "100"),
    Case("D15", ON_GPUS, "{rollout: {availability_zone_rebalancing: true}, placement: "
         "{strategies: [{type: binpack, field: cpu}]}}",
         "rollout.availability_zone_rebalancing", "placement"),
    Case("D18", ON_GPUS, f"{{{SHIFTING}, rollout: {{strategy: canary, circuit_breaker: true}}}}",
         "rollout.circuit_breaker", "no effect"),
    Case("D18", ON_GPUS, "rollout: {circuit_breaker: {threshold: {value: 300}}}",
         "rollout.circuit_breaker.threshold.value", "percentage"),
    Case("D18", ON_GPUS, "rollout: {early_success: {healthy_percent: 50}}",
         "rollout.early_success.healthy_percent", "minimum_healthy"),
    Case("D20", ON_GPUS, "rollout: {strategy: canary}", "load_balancer", "moves traffic"),
    Case("D20", ON_GPUS, f"{{{SHIFTING}, rollout: {{strategy: blue-green}}}}",
         "rollout.bake", "how long to bake"),
    Case("D20", ON_GPUS, f"{{{SHIFTING}, rollout: {{strategy: canary, linear: {{}}}}}}",
         "rollout.linear", "no effect"),
    Case("D20", ON_GPUS, "rollout: {bake: 5m}", "rollout.bake", "no effect"),
    Case("D20", ON_GPUS, f"{{{SHIFTING}, rollout: {{strategy: canary, bake: 90s}}}}",
         "rollout.bake", "whole minutes"),
    Case("D20", ON_GPUS, f"{{{SHIFTING}, rollout: {{strategy: canary, hooks: [{{type: pause, "
         f"role: '{ROLE}', stages: [A]}}]}}}}", "rollout.hooks[0].role", "has none"),
    # Operation
    Case("C16", ON_GPUS, "health: {command: 'true', start_period: 6m}",
         "health.start_period", "300 s"),
    Case("C16", ON_GPUS, "health: {interval: 10}", "health.interval", "no container health check"),
    Case("D9", ON_GPUS, "health: {grace: 5m}", "health.grace", "nothing checks"),
    Case("J1", ON_GPUS, "logs: {retention_days: 31}", "logs.retention_days", "1, 3, 5"),
    Case("J1", ON_GPUS, "logs: {retention_days: 30, existing: true}",
         "logs.retention_days", "never changed"),
    Case("J1", ON_GPUS, "logs: {group: aws/llm}", "logs.group", "cannot begin with aws/"),
    Case("J1", ON_GPUS, "logs: {group: 'a b'}", "logs.group", "letters"),
    Case("D16", ON_GPUS, "placement: {strategies: [{type: binpack, field: gpu}]}",
         "placement.strategies[0].field", "binpack"),
    Case("D16", ON_GPUS, "placement: {constraints: [{type: distinctInstance, expression: x}]}",
         "placement.constraints[0].expression", "takes no"),
    # Names
    Case("D1", ON_GPUS, "name: 'a b'", "name", "letters, digits"),
    Case("C7", ON_GPUS, "family: a.b", "family", "letters, digits"),
    Case("C9", ON_GPUS, "tags: {'aws:x': y}", "tags.aws:x", "aws's own"),
    Case("C9", ON_GPUS, "tags: {'ecsinfer:x': y}", "tags.ecsinfer:x", "ecsinfer's own"),
]  # fmt: skip


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(each, id=f"{each.path}-{number}", marks=pytest.mark.rule(each.rule))
        for number, each in enumerate(SERVICES)
    ],
)
def test_a_service_that_cannot_work_is_refused_with_what_why_and_what_instead(case: Case) -> None:
    problem = only_problem_of(with_service(case.base, case.service))
    where = problem.path.removeprefix("services.llm.")
    assert where == case.path or where.startswith(f"{case.path}.")
    assert case.words in f"{problem.text} {problem.hint}"
    assert problem.line > 1


SPECS = [
    ("B1", "capacity: {gpu: {name: ecsGpu}}", "capacity.gpu.name", "AWS reserves"),
    ("B1", "capacity: {gpu: {name: FargateGpu}}", "capacity.gpu.name", "AWS reserves"),
    ("B1", "name: aws-inference", "capacity.gpu.name", "follows from the application's name"),
    ("B1", "capacity: {FARGATE: {}}", "capacity.FARGATE", "is not declared"),
    ("B22", "capacity: {gpu: {auto_scaling_group: null}}", "capacity.gpu", "exactly one"),
    ("B22", "capacity: {gpu: {existing: true}}", "capacity.gpu", "exactly one"),
    ("B22", "capacity: {other: {existing: true, draining: false}}", "capacity.other.draining",
     "no effect"),
    ("B3", "capacity: {other: {auto_scaling_group: my-asg}}", "capacity.other.auto_scaling_group",
     "one capacity provider only"),
    ("B5", "capacity: {gpu: {scaling_steps: [2, 1]}}", "capacity.gpu.scaling_steps", "more than"),
    ("B6", "capacity: {gpu: {termination_protection: true, managed_scaling: false}}",
     "capacity.gpu.termination_protection", "managed scaling"),
    ("A3", "cluster: {existing: true, insights: enabled}", "cluster.insights", "no effect"),
    ("A1", "cluster: {name: 'a b'}", "cluster.name", "letters, digits"),
    ("J4", "region: Frankfurt", "region", "no AWS region"),
    ("B4", f"{{region: us-east-1, capacity: {{gpu: {{auto_scaling_group: '{FOREIGN_GROUP}'}}}}}}",
     "capacity.gpu.auto_scaling_group", "in us-west-2, and the spec is for us-east-1"),
    ("D17", f"{{region: us-west-2, services: {{llm: {{{BEHIND}}}}}}}",
     "services.llm.load_balancer[0].target_group", "in us-east-1, and the spec is for us-west-2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("patch", "path", "words"),
    [
        pytest.param(*each, id=f"{each[1]}-{number}", marks=pytest.mark.rule(rule))
        for number, (rule, *each) in enumerate(SPECS)
    ],
)
def test_capacity_and_cluster_are_what_aws_takes(patch: str, path: str, words: str) -> None:
    problem = only_problem_of(patched(ON_GPUS, yaml.safe_load(patch)))
    assert problem.path == path
    assert words in problem.text


MANAGED = [
    ("{capacity_option: reserved}", "capacity_option", "resource group"),
    ("{reservation_group: arn}", "reservation_group", "used only by"),
    ("{requirements: {vcpu: {min: null, max: 4}}}", "requirements.vcpu.min", "minimum"),
    ("{requirements: {vcpu: {min: 8, max: 4}}}", "requirements.vcpu", "more than the maximum"),
    ("{requirements: {allowed_instance_types: [a], excluded_instance_types: [b]}}",
     "requirements.excluded_instance_types", "exclude each other"),
]  # fmt: skip


@pytest.mark.rule("B23")
@pytest.mark.parametrize(("patch", "path", "words"), MANAGED)
def test_managed_instances_are_what_aws_takes(patch: str, path: str, words: str) -> None:
    managed = {"capacity": {"gpu": {"managed_instances": yaml.safe_load(patch)}}}
    problem = only_problem_of(patched(ON_MANAGED, managed))
    assert problem.path in (
        f"capacity.gpu.managed_instances.{path}",
        "capacity.gpu.managed_instances.requirements.vcpu",
    )
    assert words in problem.text


@pytest.mark.rule("B23")
def test_settings_of_a_group_are_none_of_managed_instances() -> None:
    document = patched(ON_MANAGED, {"capacity": {"gpu": {"target_capacity": 80}}})
    assert only_problem_of(document).path == "capacity.gpu.target_capacity"


@pytest.mark.rule("B18")
def test_only_one_provider_has_a_base() -> None:
    document = with_service(
        ON_FARGATE, "capacity: {FARGATE: {weight: 1, base: 1}, FARGATE_SPOT: {weight: 1, base: 1}}"
    )
    assert "only one" in only_problem_of(document).text


def test_a_service_says_where_it_runs_unless_there_is_only_one_capacity() -> None:
    document = with_service(ON_GPUS, "capacity: null")
    assert set(load_document(document).strategy("llm")) == {"gpu"}
    two = patched(document, {"capacity": {"cpu": {"auto_scaling_group": "cpu-asg"}}})
    assert only_problem_of(two).path == "services.llm.capacity"


@pytest.mark.rule("D20")
def test_traffic_is_shifted_between_two_target_groups_by_a_rule_and_a_role() -> None:
    document = with_service(ON_GPUS, f"{{{BEHIND}, rollout: {{strategy: blue-green, bake: 5m}}}}")
    assert {each.path for each in problems_of(document)} == {
        f"services.llm.load_balancer[0].{name}"
        for name in ("alternate_target_group", "production_rule", "role")
    }
    load_document(with_service(ON_GPUS, f"{{{SHIFTING}, rollout: {{strategy: canary}}}}"))


@pytest.mark.rule("D1", "C7")
@pytest.mark.parametrize(
    ("other", "path"),
    [("{name: llm, family: other}", "name"), ("{name: other, family: inference-llm}", "family")],
)
def test_two_services_have_two_names_and_two_families(other: str, path: str) -> None:
    services = {"other": {**ON_GPUS["services"]["llm"], **yaml.safe_load(other)}}
    problem = only_problem_of(patched(ON_GPUS, {"services": services}))
    assert problem.path == f"services.other.{path}"


@pytest.mark.rule("J1")
def test_services_that_share_a_log_group_agree_on_it() -> None:
    group = {"group": "/shared"}
    llm = ON_GPUS["services"]["llm"]
    services = {"llm": {"logs": group}, "other": {**llm, "logs": {**group, "retention_days": 7}}}
    problem = only_problem_of(patched(ON_GPUS, {"services": services}))
    assert "service llm says something else" in problem.text


@pytest.mark.parametrize("base", [ON_GPUS, ON_FARGATE, ON_MANAGED])
def test_the_bases_of_these_tests_have_nothing_wrong(base: Mapping[str, Any]) -> None:
    assert load_document(base).services["llm"].replicas == 2

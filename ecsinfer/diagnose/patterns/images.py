"""The image cannot be had, or not be run."""

from __future__ import annotations

from ecsinfer.diagnose.catalogue import cause
from ecsinfer.diagnose.facts import Facts
from ecsinfer.diagnose.patterns.telltale import Pattern, Telltale, sentence
from ecsinfer.events import Cause

_FORMAT = sentence(r"exec format error")
_PLATFORM = sentence(r"does not contain descriptor matching platform|no matching manifest for")


def wrong_architecture(facts: Facts) -> Cause | None:
    """The registry has no image for the platform, or the kernel cannot run the one it has."""
    said = [text for text in facts.reasons if _PLATFORM.search(text) or _FORMAT.search(text)]
    for task in facts.failed:
        for each in task.containers:
            lines = [line for line in each.log if _FORMAT.search(line)]
            said += [f"container {each.name}: exit code {each.exit_code}", *lines] if lines else []
    if not said:
        return None
    platform = facts.definition.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64")
    return cause(
        "image-wrong-architecture",
        f"the image is not built for the CPU architecture of its host ({platform})",
        said,
        f"build the image for {platform} (docker buildx build --platform), or set "
        "platform.architecture to what the image is built for and use instances of it",
    )


PATTERNS: tuple[Pattern, ...] = (
    Telltale(
        "image-pull-denied",
        sentence(
            r"CannotPull.*(?:pull access denied|not authorized to perform: ecr:|403 Forbidden"
            r"|no basic auth credentials|AccessDenied)"
        ),
        "the image may not be pulled",
        (
            (
                "give the execution role (roles.execution; on EC2 without one, the instance role) "
                "ecr:GetAuthorizationToken, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer, and "
                "look at the repository's own policy"
            ),
        ),
    ),
    Telltale(
        "image-not-found",
        sentence(
            r"CannotPull.*?(?:failed to resolve ref(?:erence)? \"?(?P<image>[^\s\"]+?)\"?:? .*not found"
            r"|manifest for (?P<manifest>\S+) not found|manifest unknown"
            r"|repository .* does not exist)"
        ),
        "the image[ {image}][ {manifest}] does not exist in its registry",
        ("push the image, or correct `image` of the service",),
    ),
    Telltale(
        "image-pull-throttled",
        sentence(r"CannotPull.*(?:toomanyrequests|429 Too Many Requests)"),
        "the registry limits how often images are pulled",
        ("copy the image to ECR, or pull through an ECR cache rule",),
    ),
    Telltale(
        "disk-full",
        sentence(r"no space left on device"),
        "the image does not fit on the disk",
        (
            (
                "use a larger root volume in the launch template (GPU images take 10 to 20 GB, the "
                "AMI's default is 30), resources.ephemeral_storage on Fargate, or a smaller image"
            ),
        ),
    ),
    wrong_architecture,
)

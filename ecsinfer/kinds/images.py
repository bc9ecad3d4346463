"""Images of Amazon ECR: from the tag that a spec names to the digest that a plan pins (D8, J2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ecsinfer.model import Answer, Read

_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
    r"/(?P<repository>[^:@]+)(?::(?P<tag>[^:@]+))?"
)
_MEDIA_TYPES = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
]


@dataclass(frozen=True, slots=True)
class EcrImage:
    """An image by tag in a registry of Amazon ECR."""

    reference: str
    account: str
    region: str
    repository: str
    tag: str

    @property
    def read(self) -> Read:
        """The question for its digest; not being allowed to ask leaves the tag as it is."""
        return Read(
            "ecr",
            "BatchGetImage",
            {
                "registryId": self.account,
                "repositoryName": self.repository,
                "imageIds": [{"imageTag": self.tag}],
                # Without the index types AWS does not find multi-platform images (J2).
                "acceptedMediaTypes": _MEDIA_TYPES,
            },
            absent_on=("RepositoryNotFoundException",),
            optional=True,
        )

    def pinned(self, answer: Answer) -> str:
        """The reference with its digest, or unchanged where the registry does not know the tag.

        The tag stays for the reader, as ECS itself does it when it pins: whoever pulls
        ``repository:tag@digest`` ignores the tag.
        """
        for image in answer.get("images", ()):
            found = image.get("imageId", {})
            if found.get("imageTag") == self.tag and found.get("imageDigest"):
                return f"{self.reference}@{found['imageDigest']}"
        return self.reference


def ecr_images(request: Mapping[str, Any], region: str) -> tuple[EcrImage, ...]:
    """The images of a task definition that this region's ECR can resolve, each once.

    Another region may hold a repository of the same name with other images, so it is not asked.
    """
    references = {each.get("image", "") for each in request.get("containerDefinitions", ())}
    matches = ((reference, _ECR.fullmatch(reference)) for reference in sorted(references))
    return tuple(
        EcrImage(reference, match["account"], match["region"], match["repository"], tag)
        for reference, match in matches
        if match is not None and match["region"] == region
        for tag in (match["tag"] or "latest",)
    )


def pin(
    request: Mapping[str, Any], images: Iterable[EcrImage], answers: Iterable[Answer]
) -> dict[str, Any]:
    """The task definition with every resolved tag replaced by its digest."""
    pinned = {
        image.reference: image.pinned(answer) for image, answer in zip(images, answers, strict=True)
    }
    containers = [
        {**each, "image": pinned.get(each["image"], each["image"])} if "image" in each else each
        for each in request.get("containerDefinitions", ())
    ]
    return {**request, "containerDefinitions": containers}

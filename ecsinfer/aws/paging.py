"""Following pages by hand: several operations have no paginator in botocore (0.7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ecsinfer.aws.batching import combine
from ecsinfer.model import Answer

TOKENS = (
    ("nextToken", "nextToken"),
    ("NextToken", "NextToken"),
    ("NextMarker", "Marker"),
    ("nextPageToken", "pageToken"),
    ("PaginationToken", "PaginationToken"),
)
"""The member of an answer that holds the token -> the parameter that takes it."""


def all_pages(send: Callable[[Mapping[str, Any]], Answer], params: Mapping[str, Any]) -> Answer:
    """Ask for page after page until there is no token, and join the pages' lists."""
    pages = [send(params)]
    seen = set[str]()
    while (following := _following(pages[-1])) is not None:
        name, token = following
        if token in seen:  # some operations end by repeating the token
            break
        seen.add(token)
        pages.append(send({**params, name: token}))
    joined = combine(pages)
    tokens = {member for member, _ in TOKENS}
    return {member: value for member, value in joined.items() if member not in tokens}


def _following(page: Answer) -> tuple[str, str] | None:
    return next(((name, str(page[member])) for member, name in TOKENS if page.get(member)), None)

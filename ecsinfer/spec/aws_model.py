"""AWS's own model of its requests, as the installed botocore carries it: read, never imported.

So what AWS adds is known as soon as botocore knows it, and a spec that is wrong is told without
the time that importing botocore takes.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

Shapes: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Name -> a shape, in the words of botocore's ``service-2.json``."""


@cache
def shapes(service: str) -> Shapes:
    """The shapes of a service; none where there is no botocore to read them from."""
    for folder in _folders():
        for version in sorted((folder / service).glob("*/service-2.json*"), reverse=True):
            packed = version.read_bytes()
            model = json.loads(gzip.decompress(packed) if version.suffix == ".gz" else packed)
            found: Shapes = model["shapes"]
            return found
    return {}


def _folders() -> Iterator[Path]:
    """Where botocore looks for models, in its order."""
    named = os.environ.get("AWS_DATA_PATH", "")
    for each in (*named.split(os.pathsep), "~/.aws/models"):
        if each:
            # Path.expanduser raises where there is no home, as for a user that has only a number.
            yield Path(os.path.expanduser(each))  # noqa: PTH111  see above
    installed = importlib.util.find_spec("botocore")
    if installed is not None and installed.origin is not None:
        yield Path(installed.origin).parent / "data"

"""How tests say that AWS refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError


@contextmanager
def refusal(code: str, text: str) -> Iterator[None]:
    """What happens inside is refused with this error code and, somewhere in it, this text."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code
    assert text.lower() in error["Message"].lower()

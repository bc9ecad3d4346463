"""Lives that have their beginning in common: it is lived once, and each leaves it where it differs.

A world and the process at work in it cannot be copied piece by piece; the system copies them whole.
"""

from __future__ import annotations

import gc
import json
import os
import traceback
import warnings
from collections.abc import Callable

import pytest


class Branches:
    """The lives that leave one trunk, each in a process of its own, one after another.

    Attributes:
        what: befalls this life; None on the trunk.
        report: what this life has to tell the trunk; on the trunk, what the last one has told.
    """

    def __init__(self) -> None:
        self.what: object = None
        self.report: list[int] = []
        self._tell = -1

    @property
    def on_trunk(self) -> bool:
        """Whether this is the life that all others have their beginning from."""
        return self._tell < 0

    def leave(self, what: object) -> bool:
        """Leave the trunk: true in the life that `what` befalls; false on the trunk, after it.

        The trunk fails with a life that has failed.
        """
        read, write = os.pipe()
        with warnings.catch_warnings():
            # A worker of xdist has a second thread, for its messages; a life has none to send.
            warnings.simplefilter("ignore", DeprecationWarning)
            process = os.fork()
        if not process:
            os.close(read)
            gc.disable()  # to look through what is shared with the trunk would copy all of it
            self.what, self.report, self._tell = what, [], write
            return True
        os.close(write)
        with os.fdopen(read, encoding="utf-8") as pipe:
            story = pipe.read()
        _, status = os.waitpid(process, 0)
        if status:
            pytest.fail(f"{what}: {story or f'the process ended with {status}'}", pytrace=False)
        self.report = json.loads(story)
        return False

    def end(self, story: str = "") -> None:
        """End the process of a life, with its report or, if it has failed, with the story."""
        os.write(self._tell, (story or json.dumps(self.report)).encode())
        os._exit(1 if story else 0)


def grow(life: Callable[[Branches], None]) -> None:
    """Live a life, and all that leave it."""
    branches = Branches()
    try:
        life(branches)
    except BaseException:
        if branches.on_trunk:
            raise
        branches.end(traceback.format_exc())
    if not branches.on_trunk:
        branches.end()

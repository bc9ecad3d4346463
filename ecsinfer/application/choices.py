"""What a command chose, beside the spec."""

from __future__ import annotations

from dataclasses import dataclass, field

from ecsinfer.kinds.forgotten import Forgotten
from ecsinfer.kinds.tagged import Elsewhere


@dataclass(frozen=True, slots=True)
class Choices:
    """What a command chose, and what it found, beside the spec.

    Attributes:
        region: where it applies.
        adopt: whether foreign namesakes may be taken over.
        allow_replace: whether services may be deleted and created anew.
        purge: whether destroy deletes log groups.
        destroying: whether the nodes are for a destroy: then everything that may stand in its way
            is read too, and every revision that is ours.
        scale_groups_to_zero: whether destroy sets the Auto Scaling groups of our providers to
            zero, so that the cluster can go too (F4).
        forgotten: what carries our tag and is not in the spec, and is to be removed.
        elsewhere: what the application has in other clusters, and needs to stay.
    """

    region: str = ""
    adopt: bool = False
    allow_replace: bool = False
    purge: bool = False
    destroying: bool = False
    scale_groups_to_zero: bool = False
    forgotten: Forgotten = field(default_factory=Forgotten)
    elsewhere: Elsewhere = field(default_factory=Elsewhere)

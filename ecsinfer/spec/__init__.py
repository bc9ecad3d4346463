"""The user's file: models, loading, overlays, interpolation, line-numbered errors."""

from ecsinfer.spec.interpolation import Lookup, Offline, Reference
from ecsinfer.spec.loading import load
from ecsinfer.spec.models import Spec

__all__ = ["Lookup", "Offline", "Reference", "Spec", "load"]

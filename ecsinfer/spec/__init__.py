"""The user's file: models, loading, overlays, interpolation, line-numbered errors."""

from ecsinfer.spec.interpolation import Lookup
from ecsinfer.spec.loading import load
from ecsinfer.spec.models import Spec

__all__ = ["Lookup", "Spec", "load"]

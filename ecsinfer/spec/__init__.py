"""The user's file: models, loading, overlays, interpolation, line-numbered errors."""

from ecsinfer.spec.models import Spec

__all__ = ["Spec"]

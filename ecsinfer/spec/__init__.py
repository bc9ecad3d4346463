"""The user's file: models, loading, overlays, interpolation, line-numbered errors."""

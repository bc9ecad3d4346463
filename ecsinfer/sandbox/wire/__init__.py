"""The wire: AWS's protocols in, handlers and moto behind, AWS's protocols out."""

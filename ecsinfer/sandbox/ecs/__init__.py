"""The ECS control plane: one file per family of operations, strict where AWS is strict."""

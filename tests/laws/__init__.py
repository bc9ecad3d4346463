"""What ecsinfer promises of every kind, every spec and every fault (L1 to L10)."""

"""The message catalogue M: what AWS says when it refuses, each row provoked on the embedded AWS."""

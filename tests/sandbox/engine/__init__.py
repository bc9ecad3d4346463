"""Tests of what moves in the embedded AWS."""

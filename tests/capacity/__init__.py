"""Tests of the pure arithmetic of ECS capacity."""

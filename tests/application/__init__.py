"""Tests of what a spec compiles to."""

"""What things cost, as ratios measured in one run: ``python -m tests.benchmarks``.

Nothing here is asserted: times belong to the machine, and only ratios carry over to another one.
"""

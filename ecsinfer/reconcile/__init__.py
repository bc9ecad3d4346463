"""Planning and execution: the planner freezes decisions into a Plan, the executor runs nothing else."""

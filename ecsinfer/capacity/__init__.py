"""The pure arithmetic of ECS capacity, shared by the plan, the preflight and the embedded AWS."""

"""Pure arithmetic of ECS capacity, shared by the plan and the embedded AWS."""

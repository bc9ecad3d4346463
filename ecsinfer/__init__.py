"""Deploy inference services on Amazon ECS with capacity providers."""

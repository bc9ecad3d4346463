"""The ECS control plane, asked through boto3."""

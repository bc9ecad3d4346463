# A service on the furnished account, as a user of Terraform writes it.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" { # endpoint, region and credentials come from the environment
  default_tags {
    tags = { owner = "platform" }
  }
}

variable "image" { type = string }
variable "group" { type = string }
variable "target_group" { type = string }
variable "subnets" { type = list(string) }
variable "security_group" { type = string }
variable "execution_role" { type = string }

data "aws_autoscaling_group" "furnished" {
  name = var.group
}

data "aws_lb_target_group" "furnished" {
  arn = var.target_group
}

resource "aws_launch_template" "gpu" {
  name          = "gpu"
  image_id      = "ami-0ca77a28d8801702a"
  instance_type = "g5.xlarge"

  tag_specifications {
    resource_type = "instance"
    tags          = { team = "inference" }
  }
}

resource "aws_ecs_cluster" "inference" {
  name = "inference"
  tags = { team = "inference" }

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_capacity_provider" "furnished" {
  name = "furnished"
  tags = { team = "inference" }

  auto_scaling_group_provider {
    auto_scaling_group_arn         = data.aws_autoscaling_group.furnished.arn
    managed_termination_protection = "ENABLED"

    managed_scaling {
      status                    = "ENABLED"
      target_capacity           = 100
      maximum_scaling_step_size = 4
    }
  }
}

resource "aws_ecs_cluster_capacity_providers" "inference" {
  cluster_name       = aws_ecs_cluster.inference.name
  capacity_providers = [aws_ecs_capacity_provider.furnished.name]

  default_capacity_provider_strategy {
    capacity_provider = aws_ecs_capacity_provider.furnished.name
    base              = 1
    weight            = 100
  }
}

# Nothing scales a group in once its provider has left the cluster, and a cluster with instances
# is not deleted: the empty instances go first.
resource "terraform_data" "scaled_in" {
  depends_on = [aws_ecs_cluster_capacity_providers.inference]

  provisioner "local-exec" {
    when    = destroy
    command = "sleep 3" # most of an hour of simulated time
  }
}

resource "aws_cloudwatch_log_group" "llm" {
  name = "/ecs/llm"
}

resource "aws_ecs_task_definition" "llm" {
  family                   = "llm"
  requires_compatibilities = ["EC2"]
  network_mode             = "awsvpc"
  cpu                      = 512
  memory                   = 1024
  execution_role_arn       = var.execution_role
  tags                     = { team = "inference" }

  container_definitions = jsonencode([{
    name         = "main"
    image        = var.image
    portMappings = [{ containerPort = 8000 }]
    environment  = [{ name = "MODEL", value = "7b" }, { name = "DTYPE", value = "auto" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.llm.name
        awslogs-region        = "us-east-1"
        awslogs-stream-prefix = "llm"
      }
    }
  }])
}

resource "aws_ecs_service" "llm" {
  name                               = "llm"
  cluster                            = aws_ecs_cluster.inference.arn
  task_definition                    = aws_ecs_task_definition.llm.arn
  desired_count                      = 2
  deployment_minimum_healthy_percent = 50
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 120
  propagate_tags                     = "SERVICE"
  tags                               = { team = "inference" }
  wait_for_steady_state              = true
  depends_on                         = [terraform_data.scaled_in]

  capacity_provider_strategy {
    capacity_provider = aws_ecs_capacity_provider.furnished.name
    weight            = 100
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets         = var.subnets
    security_groups = [var.security_group]
  }

  load_balancer {
    target_group_arn = data.aws_lb_target_group.furnished.arn
    container_name   = "main"
    container_port   = 8000
  }

  lifecycle {
    ignore_changes = [desired_count]
  }
}

resource "aws_appautoscaling_target" "llm" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.inference.name}/${aws_ecs_service.llm.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 2
  max_capacity       = 4
}

resource "aws_appautoscaling_policy" "llm" {
  name               = "cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.llm.service_namespace
  resource_id        = aws_appautoscaling_target.llm.resource_id
  scalable_dimension = aws_appautoscaling_target.llm.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_in_cooldown  = 300
    scale_out_cooldown = 60

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

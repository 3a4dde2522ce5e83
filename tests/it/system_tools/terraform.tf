terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "3.39.0"
    }
  }
}

variable "endpoint" {
  type = string
}

variable "name" {
  type = string
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  s3_force_path_style         = true
  skip_credentials_validation = true
  skip_get_ec2_platforms      = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true

  endpoints {
    apigateway = var.endpoint
    iam        = var.endpoint
    lambda     = var.endpoint
    s3         = var.endpoint
    sts        = var.endpoint
  }
}

resource "aws_s3_bucket" "terraform" {
  bucket = "${var.name}-terraform"

  lifecycle {
    # The local AWS shows a default that this provider does not know.
    ignore_changes = [server_side_encryption_configuration]
  }
}

resource "aws_iam_role" "hello" {
  name = "${var.name}-terraform"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_lambda_function" "hello" {
  function_name    = "${var.name}-terraform"
  filename         = "placeholder.zip"
  source_code_hash = filebase64sha256("placeholder.zip")
  handler          = "app.handler"
  runtime          = "python3.8"
  role             = aws_iam_role.hello.arn
  publish          = true

  # As the README says.
  lifecycle {
    ignore_changes = [filename, s3_key, source_code_hash]
  }
}

# It is kept on the newest version, against the README's advice: a failed release must not become the newest one.
resource "aws_lambda_alias" "dev" {
  name             = "dev"
  function_name    = aws_lambda_function.hello.function_name
  function_version = aws_lambda_function.hello.version
}

resource "aws_lambda_permission" "api" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  function_name = aws_lambda_function.hello.function_name
  qualifier     = aws_lambda_alias.dev.name
  source_arn    = "${aws_api_gateway_rest_api.hello.execution_arn}/*"
}

resource "aws_api_gateway_rest_api" "hello" {
  name = "${var.name}-terraform"
}

resource "aws_api_gateway_resource" "hello" {
  rest_api_id = aws_api_gateway_rest_api.hello.id
  parent_id   = aws_api_gateway_rest_api.hello.root_resource_id
  path_part   = "hello"
}

resource "aws_api_gateway_method" "hello" {
  rest_api_id   = aws_api_gateway_rest_api.hello.id
  resource_id   = aws_api_gateway_resource.hello.id
  http_method   = "GET"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "hello" {
  rest_api_id             = aws_api_gateway_rest_api.hello.id
  resource_id             = aws_api_gateway_resource.hello.id
  http_method             = aws_api_gateway_method.hello.http_method
  integration_http_method = "POST"
  type                    = "AWS_PROXY"
  uri                     = aws_lambda_alias.dev.invoke_arn
}

resource "aws_api_gateway_deployment" "hello" {
  rest_api_id = aws_api_gateway_rest_api.hello.id
  depends_on  = [aws_api_gateway_integration.hello]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "dev" {
  rest_api_id   = aws_api_gateway_rest_api.hello.id
  deployment_id = aws_api_gateway_deployment.hello.id
  stage_name    = "dev"

  lifecycle {
    # The first one as the README says; of the other one, the local AWS shows an empty block.
    ignore_changes = [deployment_id, access_log_settings]
  }
}

output "api" {
  value = aws_api_gateway_rest_api.hello.id
}

"""The API Gateway in front of a model's function: an HTTP API or a REST API."""

"""The SageMaker endpoint that a model's function asks."""

"""The chain from a request to a notification, followed link by link through a deployed model."""

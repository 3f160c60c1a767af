"""What tests and deploys a model, environment after environment."""

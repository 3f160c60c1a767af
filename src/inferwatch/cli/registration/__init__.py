"""What `up`, `demo`, `deploy` and a pipeline's build tell the registry: which version they serve, how and where."""

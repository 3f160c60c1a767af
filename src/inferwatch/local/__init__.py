"""What runs a handler on this machine as AWS would: runtime API, environments, pool, gateway."""

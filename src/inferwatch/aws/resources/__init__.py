"""What a deployment makes and finds: the stack, its function, log group and API, and what it uploads."""

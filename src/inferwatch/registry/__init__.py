"""Model versions and deployments: what they are, and the rules that hold wherever they are kept. Pure."""

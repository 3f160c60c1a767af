"""A month's bill of a model on AWS: what it uses, what that costs."""

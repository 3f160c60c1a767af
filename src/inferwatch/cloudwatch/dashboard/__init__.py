"""The dashboard of a model in CloudWatch: its widgets, and where they stand."""

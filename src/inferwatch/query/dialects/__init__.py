"""A question as text of each engine."""

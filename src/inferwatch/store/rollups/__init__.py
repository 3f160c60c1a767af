"""Mergeable aggregates of each series, and the datapoints that they give."""

"""Questions for records: a predicate in SQL's words, and its text for each engine. Pure: text out, nothing read."""

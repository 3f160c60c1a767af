"""A predicate: its words, the order they may stand in, and what each of them means. `query.parse` is the way in."""

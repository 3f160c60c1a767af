"""What watches a model: alarms, dashboard, queries, topics, and who hears them."""

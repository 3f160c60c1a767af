"""Records as Parquet files, and the answers to questions for records."""

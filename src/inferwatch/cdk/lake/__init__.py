"""Every transaction of a model as Parquet in S3: bucket, table, and what fills them."""

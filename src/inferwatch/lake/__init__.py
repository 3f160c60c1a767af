"""The layout of the lake, the same on one machine and in S3: folders, columns, and a record as a row."""

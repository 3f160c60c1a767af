"""The alarms of one model in CloudWatch, and their history."""

"""What a model left in CloudWatch: datapoints, records, lines."""

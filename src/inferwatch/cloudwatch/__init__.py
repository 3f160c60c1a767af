"""What CloudWatch is told of a model, worked out from its spec alone: no boto3, no CDK, no clock."""

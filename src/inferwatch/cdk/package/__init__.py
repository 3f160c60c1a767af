"""What is deployed of a model's folder: container images, zips, and InferWatch's own wheel in them."""

"""What turns `predict(features)` into a service: Lambda handler, API Gateway events, SageMaker container."""

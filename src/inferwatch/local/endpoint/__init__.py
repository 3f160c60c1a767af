"""The endpoint of one machine: the model's container as a process, and a stand-in of SageMaker in front of it."""

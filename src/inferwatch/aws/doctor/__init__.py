"""What can be wrong with a deployed model and with who looks after it. Each module's findings are one subject's."""

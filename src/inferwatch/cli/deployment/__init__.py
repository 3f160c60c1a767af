"""What `synth`, `deploy` and `destroy` share: the CDK app, its assembly, CDK's command line, and what is looked at."""

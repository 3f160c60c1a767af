"""What `inferwatch init` adds to a project for each part that is asked for: a file for each table of the spec."""

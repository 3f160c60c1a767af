"""What the commands of the registry share: which registry, whose versions, and how they are read and printed."""

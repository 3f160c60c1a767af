"""The stream files: where they lie, what their bytes say, how far each was read, how one ends without its writer."""

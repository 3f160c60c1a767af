"""Asking from the command line: which words, which engine, and how the answer is printed."""

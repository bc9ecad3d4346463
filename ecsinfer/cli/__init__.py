"""The command line: options in, façade called, exit code out."""

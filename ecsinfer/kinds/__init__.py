"""All that ecsinfer knows of AWS resources: one kind, one file; kinds never meet."""

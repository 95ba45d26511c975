"""The composition root: builds the program from its parts, and runs it."""

"""The documentation, and the generator of those parts of it that are made from the code."""

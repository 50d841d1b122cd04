"""Commands from the moment they arrive until their result is acknowledged."""

"""The HTTP face: requests checked at the edge, answered as JSON, documented from the types."""

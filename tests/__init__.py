"""The tests of all four packages, each beside the name of what it tests."""

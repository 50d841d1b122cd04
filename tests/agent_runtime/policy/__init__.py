"""Tests of where the browser may go, and of its one way out."""

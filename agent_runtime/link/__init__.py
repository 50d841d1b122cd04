"""The socket to the orchestrator: dialled again for ever, and never the browser's concern."""

"""Who may come in: tokens, credentials, and one guard before every route."""

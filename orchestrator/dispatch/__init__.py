"""Who is here now and what is owed: live connections, open commands, and what moves them."""

"""The agents' side: one WebSocket endpoint and what one live agent needs."""

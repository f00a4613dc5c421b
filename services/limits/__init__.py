"""Rate limits: calls a minute of a member, an API key, an address and a network."""

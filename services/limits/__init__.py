"""How many calls a member, an API key, an address and a network may make in a minute."""

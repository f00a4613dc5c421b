"""Who may come in and do what: users, sessions, passwords, links, API keys, limits."""

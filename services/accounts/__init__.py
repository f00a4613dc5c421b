"""Accounts and access: users, sessions, passwords, one-time links, API keys and rate limits."""

"""Telling a member who has gone away: messages to their browsers, and e-mail."""

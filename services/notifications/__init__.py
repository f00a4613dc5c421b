"""Notifications to a member who has left the page: browser messages and e-mail."""

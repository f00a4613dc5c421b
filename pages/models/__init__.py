"""A model's screens: new, status, delete."""

"""Chaos: real processes on one Postgres, killed, stopped, cut off and shifted in time."""

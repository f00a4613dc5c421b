"""Engines: what trains user models and makes images."""

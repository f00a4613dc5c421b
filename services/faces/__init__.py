"""Faces: found and measured in the processes that decode pictures, compared here, never stored."""

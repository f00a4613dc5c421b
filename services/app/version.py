"""The release, the same as in `pyproject.toml`."""

VERSION = "1.0.0"

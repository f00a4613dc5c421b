"""The release, as `pyproject.toml` says it too."""

VERSION = "1.0.0"

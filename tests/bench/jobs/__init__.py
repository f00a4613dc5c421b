"""The queue against its field: `uv run --group bench python -m tests.bench.jobs`."""

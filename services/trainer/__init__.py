"""The GPU worker: ships alone, speaks only HTTP, imports no database."""

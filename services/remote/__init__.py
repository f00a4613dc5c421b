"""One submission to an engine is a run: submit, poll, results, cancel."""

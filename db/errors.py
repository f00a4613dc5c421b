"""What stops the database from starting, in words for the operator."""


class CannotStart(Exception):
    """`str(error)` is one sentence that says what is wrong and what to do."""

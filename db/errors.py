"""What stops the database from starting or running, in words for the operator."""


class CannotStart(Exception):
    """`str(error)` is one sentence that says what is wrong and what to do."""


class DatabaseLost(CannotStart):
    """The embedded server has died under the program, and can't be started again."""

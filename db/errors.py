"""Errors that stop the database from starting or running, in words for the operator."""


class CannotStart(Exception):
    """The program cannot start; `str(error)` is one sentence: what is wrong and what to do."""


class DatabaseLost(CannotStart):
    """The embedded server has died while the program ran, and can't be restarted."""

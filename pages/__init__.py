"""What the server answers at a URL: one module a screen."""

from components import design
from services.deps import Deps


def register_all(deps: Deps) -> None:  # noqa: ARG001
    """Put every page and route on the server."""
    design.install()

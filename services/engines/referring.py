"""Whom an instant picture shows: the reference photos in their order, and the words for them."""

from services.engines.base import FileRef, GenerateRequest, Refused


def photos(request: GenerateRequest, most: int) -> list[FileRef]:
    """At most `most`: the first person's, then as many of the second's.

    Raises Refused where somebody has none.
    """
    if request.second is None:
        chosen = [list(request.photos[:most])]
    else:
        each = most // 2
        chosen = [list(request.photos[:each]), list(request.second.photos[:each])]
    if not all(chosen):
        raise Refused("This model has no photos to refer to.", retryable=False)
    return [photo for theirs in chosen for photo in theirs]


def subject(request: GenerateRequest, most: int) -> str:
    """What a prompt calls them: FLUX.2 knows its pictures by their places, counted from 1."""
    if request.second is None:
        return f"the same {request.subject} as in the reference images"
    each = most // 2
    hers = len(request.photos[:each])
    last = hers + len(request.second.photos[:each])
    one = f"the same {request.subject} as in {_places(1, hers)}"
    other = f"the same {request.second.subject} as in {_places(hers + 1, last)}"
    return f"{one} together with {other}"


def _places(first: int, last: int) -> str:
    return f"image {first}" if first == last else f"images {first} to {last}"

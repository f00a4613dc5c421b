"""The REST API: one module a resource, over the same services as the pages."""

from pages.api import (
    albums,
    auth,
    captions,
    compare,
    docs,
    generate,
    images,
    models,
    packs,
    photos,
    shares,
    stripe,
    styles,
    verify,
    versions,
    worker,
    workers,
)

# in alphabetical order
RESOURCES = (
    albums,
    auth,
    captions,
    compare,
    docs,
    generate,
    images,
    models,
    packs,
    photos,
    shares,
    stripe,
    styles,
    verify,
    versions,
    worker,
    workers,
)

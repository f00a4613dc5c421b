"""The REST API: one module a resource, over the same services as the pages."""

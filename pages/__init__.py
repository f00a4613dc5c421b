"""What the server answers at a URL: one module a screen."""

"""What the product does: one module a noun, and the only place with rules."""

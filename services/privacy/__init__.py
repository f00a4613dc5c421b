"""A member's rights over her data: export, deletion, and what is personal."""

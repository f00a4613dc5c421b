"""A member's rights over their data: export, deletion, and the list of personal data."""

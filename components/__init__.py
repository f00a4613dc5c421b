"""What a page is built from: shows data, never fetches it."""

"""What was made: images, queries over them, albums, share links, downloads."""

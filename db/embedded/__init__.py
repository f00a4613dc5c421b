"""PostgreSQL inside the program, for installations that have no server of their own."""

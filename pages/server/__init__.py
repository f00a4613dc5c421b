"""What surrounds every page: guards, headers, cookies, sockets, errors."""

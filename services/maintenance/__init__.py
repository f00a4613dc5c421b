"""Work that keeps an installation sound: stuck runs, orphans, expired rows, backups."""

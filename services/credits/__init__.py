"""Plans and the append-only ledger of credits."""

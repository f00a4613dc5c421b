"""The gallery and its dialogs."""

"""Bytes that come in and go out: uploads, erasing, ZIP streams."""

"""What the photo booth understands of a sentence: tables of words, and plain rules over them."""

from services.engines.preview.words.understanding import Understanding, understand

__all__ = ["Understanding", "understand"]

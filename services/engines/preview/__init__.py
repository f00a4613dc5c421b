"""The preview engine: restyles the member's own photos on the CPU, without any model."""

from services.engines.preview.engine import PreviewEngine

__all__ = ["PreviewEngine"]

"""The invisible watermark: a number in the pixels that outlives labels and manifests."""

from cavendish.trust.watermark.base import Answer, Detection, Marked, Watermarker
from cavendish.trust.watermark.fingerprint import fingerprint, same_picture
from cavendish.trust.watermark.spread import spread

__all__ = ["Answer", "Detection", "Marked", "Watermarker", "fingerprint", "same_picture", "spread"]

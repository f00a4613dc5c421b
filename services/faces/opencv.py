"""Faces by OpenCV on the CPU: YuNet finds them, SFace measures the largest."""

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray
from PIL import Image

from services.faces import models
from services.faces.base import Face

SIDE = 640  # px, the longer side: YuNet finds faces of 10 to 300 px (its model card)
# Of 8 photographs with a face the least certain has 0.89; of 24 without one the most, 0.74.
CERTAIN = 0.8
OVERLAP = 0.3  # two finds that share more are one face; OpenCV's default
MOST = 50  # finds that are looked at
# The inside of the box, less TRIM at each edge where the place shows, is measured as CROP x CROP
# grey pixels of the mean LUMA.
TRIM, CROP, LUMA = 0.15, 128, 128
_ROUGH = 8  # px: nothing can be found in less


class OpenCVReader:
    """About 45 ms a picture on one core, of which 28 are SFace."""

    def __init__(self) -> None:
        """Raises `models.Missing` and `models.Altered`."""
        cv2.setNumThreads(1)  # there are several worker processes
        none = np.zeros(0, np.uint8)
        self._finder = cv2.FaceDetectorYN.create(
            "onnx", _buffer(models.YUNET), none, (SIDE, SIDE), CERTAIN, OVERLAP, MOST
        )
        self._measurer = cv2.FaceRecognizerSF.create("onnx", _buffer(models.SFACE), none)

    def read(self, image: Image.Image) -> tuple[Face, ...] | None:
        """All faces, the largest first; None if there was no memory to look."""
        try:
            return self._read(image)
        except (MemoryError, cv2.error) as error:
            print(f"faces were not read: {error!r:.200}")  # noqa: T201 (goes to the log)
            return None

    def _read(self, image: Image.Image) -> tuple[Face, ...]:
        pixels = np.asarray(image.convert("RGB"))[:, :, ::-1]  # OpenCV has blue first
        found = sorted(self._found(pixels), key=lambda row: -row[2] * row[3])
        return tuple(self._face(pixels, row, first=i == 0) for i, row in enumerate(found))

    def _found(self, pixels: MatLike) -> list[NDArray[np.float32]]:
        """Rows as OpenCV has them: x, y, width, height, five landmarks, certainty; in px."""
        height, width = pixels.shape[:2]
        scale = min(1.0, SIDE / max(width, height))
        size = round(width * scale), round(height * scale)
        if min(size) < _ROUGH:
            return []
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        self._finder.setInputSize(size)
        found = self._finder.detect(small)[1]
        if found is None:
            return []
        rows = np.array(found, np.float32)
        rows[:, :14] *= np.float32(1 / scale)
        return list(rows)

    def _face(self, pixels: MatLike, row: NDArray[np.float32], *, first: bool) -> Face:
        height, width = pixels.shape[:2]
        left, top = max(0.0, float(row[0])), max(0.0, float(row[1]))
        right, bottom = min(width, float(row[0] + row[2])), min(height, float(row[1] + row[3]))
        crop = pixels[int(top) : max(int(top) + 1, int(bottom)), int(left) : int(right) or 1]
        return Face(
            box=(left / width, top / height, right / width, bottom / height),
            side=round(min(right - left, bottom - top), 1),
            sharpness=_sharpness(crop),
            embedding=self._embedding(pixels, row) if first else (),
        )

    def _embedding(self, pixels: MatLike, row: NDArray[np.float32]) -> tuple[float, ...]:
        aligned = self._measurer.alignCrop(np.ascontiguousarray(pixels), row)
        values = self._measurer.feature(aligned)[0].astype(np.float64)
        return tuple((values / max(np.linalg.norm(values), 1e-9)).tolist())


def _sharpness(crop: MatLike) -> float:
    height, width = crop.shape[:2]
    y, x = int(height * TRIM), int(width * TRIM)
    inside = np.ascontiguousarray(crop[y : height - y, x : width - x])
    grey = cv2.cvtColor(inside, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (CROP, CROP), interpolation=cv2.INTER_AREA).astype(np.float64)
    # As bright as any other: else a face in the dark, or of dark skin, would count as blurred.
    small *= LUMA / max(1.0, float(small.mean()))
    return round(float(cv2.Laplacian(small, cv2.CV_64F).var()), 1)


def _buffer(file: tuple[str, str]) -> NDArray[np.uint8]:
    return np.frombuffer(models.read(file), np.uint8)

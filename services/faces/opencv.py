"""Faces by OpenCV on the CPU: YuNet finds them, SFace measures those that may be the person."""

from pathlib import Path

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray
from PIL import Image

from services.faces import models, pose
from services.faces.base import Box, Face
from services.faces.eyes import eyes
from services.faces.skin import tone

SIDE = 640  # px, the longer side: YuNet finds faces of 10 to 300 px (its model card)
# Of 8 photographs with a face the least certain has 0.89; of 24 without one the most, 0.74.
CERTAIN = 0.8
OVERLAP = 0.3  # two finds that share more are one face; OpenCV's default
MOST = 50  # finds that are looked at
# Under it a face may stand on its head: upright ones have 0.91 and more here, the same upside down
# 0.88 at most, and then BETTER more when they are turned.
SURE, BETTER = 0.9, 0.04
MEASURED = 4  # faces of a picture that are measured: more make it a group, of nobody in particular
SHARE = 0.1  # of the largest: a face of less is somebody in the background
# The inside of the box, less TRIM at each edge where the place shows, is measured as CROP x CROP
# grey pixels, made smooth by NOISE px across the direction that is measured: noise is fine there,
# too, and would pass for detail.
TRIM, CROP, NOISE = 0.15, 128, 1.0
_SCALE, _INPUT, _MEAN = 1 / 127.5, (112, 112), (127.5, 127.5, 127.5)  # as ArcFace was trained
_ROUGH = 8  # px: nothing can be found in less
Row = NDArray[np.float32]


class OpenCVReader:
    """About 45 ms a picture on one core, of which 28 are SFace."""

    def __init__(self, judge: Path | None = None) -> None:
        """Load the networks. judge: an ONNX file whose embeddings replace those of SFace.

        It is given 1 x 3 x 112 x 112 values from -1 to 1, red first, of a face that is aligned as
        for ArcFace, and answers a vector. Raises `models.Missing`, `models.Altered`, cv2.error.
        """
        cv2.setNumThreads(1)  # there are several worker processes
        none = np.zeros(0, np.uint8)
        self._finder = cv2.FaceDetectorYN.create(
            "onnx", _buffer(models.YUNET), none, (SIDE, SIDE), CERTAIN, OVERLAP, MOST
        )
        self._measurer = cv2.FaceRecognizerSF.create("onnx", _buffer(models.SFACE), none)
        self._judge = cv2.dnn.readNetFromONNX(str(judge)) if judge else None

    def read(self, image: Image.Image) -> tuple[Face, ...] | None:
        """All faces, the largest first; None if there was no memory to look."""
        try:
            return self._read(image)
        except (MemoryError, cv2.error) as error:
            print(f"faces were not read: {error!r:.200}")  # noqa: T201 (goes to the log)
            return None

    def _read(self, image: Image.Image) -> tuple[Face, ...]:
        pixels = np.asarray(image.convert("RGB"))[:, :, ::-1]  # OpenCV has blue first
        turned, rows = self._upright(pixels)
        upright = np.ascontiguousarray(np.rot90(pixels, -turned))
        return tuple(
            self._face(upright, row, turned, measure=self._matters(i, row, rows[0]))
            for i, row in enumerate(rows)
        )

    def _upright(self, pixels: MatLike) -> tuple[int, list[Row]]:
        """Quarter turns clockwise after which the faces are upright, and these as then found.

        Looked for only where none is found, or none for sure: YuNet sees a face that stands on
        its head as an upright one, a little less certain.
        """
        best, rows = 0, self._found(pixels)
        if rows and _certainty(rows) >= SURE:
            return 0, rows
        for quarters in (1, 3, 2):
            found = self._found(np.ascontiguousarray(np.rot90(pixels, -quarters)))
            if found and (not rows or _certainty(found) >= _certainty(rows) + BETTER):
                best, rows = quarters, found
        return best, rows

    def _found(self, pixels: MatLike) -> list[Row]:
        """Rows as OpenCV has them: x, y, width, height, five points, certainty; in px.

        The largest first.
        """
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
        return sorted(rows, key=lambda row: -row[2] * row[3])

    def _matters(self, i: int, row: Row, largest: Row) -> bool:
        return i < MEASURED and row[2] * row[3] >= SHARE * largest[2] * largest[3]

    def _face(self, pixels: MatLike, row: Row, turned: int, *, measure: bool) -> Face:
        """pixels: upright; the box is of the picture as it came."""
        height, width = pixels.shape[:2]
        left, top = max(0.0, float(row[0])), max(0.0, float(row[1]))
        right, bottom = min(width, float(row[0] + row[2])), min(height, float(row[1] + row[3]))
        crop = pixels[int(top) : max(int(top) + 1, int(bottom)), int(left) : int(right) or 1]
        points = [(float(row[i]), float(row[i + 1])) for i in range(4, 14, 2)]
        return Face(
            box=_lying((left / width, top / height, right / width, bottom / height), turned),
            side=round(min(right - left, bottom - top), 1),
            sharpness=sharpness(crop),
            eyes=eyes(pixels, points),
            skin=tone(pixels, points) if measure else None,
            embedding=self._embedding(pixels, row) if measure else (),
            yaw=pose.yaw(points),
            roll=pose.roll(points),
            turned=turned,
        )

    def _embedding(self, pixels: MatLike, row: Row) -> tuple[float, ...]:
        aligned = self._measurer.alignCrop(pixels, row)
        values = np.asarray(self._feature(aligned), np.float64)
        return tuple((values / max(float(np.linalg.norm(values)), 1e-9)).tolist())

    def _feature(self, aligned: MatLike) -> MatLike:
        if self._judge is None:
            return np.asarray(self._measurer.feature(aligned)).ravel()
        self._judge.setInput(cv2.dnn.blobFromImage(aligned, _SCALE, _INPUT, _MEAN, swapRB=True))
        return np.asarray(self._judge.forward()).ravel()


def sharpness(crop: MatLike) -> float:
    """Of a face in BGR: how fine its detail is, in the direction where it is less so.

    A hand that shook blurs but one of the two. What is measured is a ratio, so neither how bright
    a face is plays a part nor how much of it lies across.
    """
    height, width = crop.shape[:2]
    y, x = int(height * TRIM), int(width * TRIM)
    inside = np.ascontiguousarray(crop[y : height - y, x : width - x])
    grey = cv2.cvtColor(inside, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (CROP, CROP), interpolation=cv2.INTER_AREA).astype(np.float64)
    return round(100 * min(_fineness(small), _fineness(small.T)), 1)


def _fineness(grey: NDArray[np.float64]) -> float:
    """Of the steps along each row: the variance of their differences over their own."""
    calm = cv2.GaussianBlur(grey, (1, 0), sigmaX=0, sigmaY=NOISE)
    steps = np.diff(calm, axis=1)
    return float(np.diff(steps, axis=1).var() / max(steps.var(), 1e-9))


def _certainty(rows: list[Row]) -> float:
    """Of the largest face, 0..1."""
    return float(rows[0][14])


def _lying(box: Box, turned: int) -> Box:
    """The box of an upright picture in the picture as it lay before `turned` quarters."""
    for _ in range(turned):
        left, top, right, bottom = box
        box = (top, 1 - right, bottom, 1 - left)
    return box


def _buffer(file: tuple[str, str]) -> NDArray[np.uint8]:
    return np.frombuffer(models.read(file), np.uint8)

"""What signed URLs lead to: an HTTP server that keeps what is put and can be told to fail."""

import io
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from PIL import Image


class Bucket:
    """Objects by path. failures[path]: status codes that the next requests are answered with."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.failures: defaultdict[str, list[int]] = defaultdict(list)
        self.puts: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def url(self, path: str) -> str:
        """A signed URL, as far as a worker can tell."""
        return f"http://127.0.0.1:{self._server.server_port}{path}?signature=abc"

    def picture(self, path: str) -> Any:
        """The pixels of a stored picture, float (height, width, 3) in 0..255."""
        import numpy

        return numpy.asarray(Image.open(io.BytesIO(self.objects[path]))).astype(float)

    def __enter__(self) -> "Bucket":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(bucket) -> Any:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.split("?")[0]
                if bucket.failures[path]:
                    return self._answer(bucket.failures[path].pop(0))
                if path not in bucket.objects:
                    return self._answer(404)
                return self._answer(200, bucket.objects[path])

            def do_PUT(self) -> None:
                path = self.path.split("?")[0]
                data = self.rfile.read(int(self.headers["Content-Length"]))
                if bucket.failures[path]:
                    return self._answer(bucket.failures[path].pop(0))
                bucket.objects[path] = data
                bucket.types[path] = self.headers["Content-Type"]
                bucket.puts.append(path)
                return self._answer(200)

            def _answer(self, status: int, body: bytes = b"") -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_message: object) -> None:
                pass

        return Handler

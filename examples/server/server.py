"""Log-mel spectrograms over HTTP, by Python's own server: one plan, a thread for each connection.

    python server.py [--host 127.0.0.1] [--port 8080] [--seconds 60] [--timeout 1] [--busy 64]

    POST /logmel    a WAV file (16-bit PCM), or raw samples with the headers X-Dtype (float32 or
                    int16, little-endian, one channel) and X-Sample-Rate; X-Timeout: seconds.
                    Returns the .npy file of a float32 array, (channels, 80, frames).
    GET /stats      calls by status, quantiles of their times, caches, memory, as JSON
    GET /health     "ok", or 503 once the server is going down

What is too large is refused from its headers (413), what is not audio by what it is (415, 422),
what takes too long to come (408) or to compute (504) ends, and when `busy` requests are served the
next are turned away (503).
SIGTERM and SIGINT end the server when the requests that have come are answered.
"""

import argparse
import collections
import io
import json
import logging
import math
import os
import signal
import socket
import statistics
import threading
import time
import wave
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

import fastspec

SR = 16000
PLAN = fastspec.MelSpectrogram(
    sr=SR, n_fft=400, hop_length=160, n_mels=80, log="log10", input_scale=1 / 32768
)
LOG = logging.getLogger("logmel")


class Refused(Exception):
    """A request that is answered with an error status."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


class Stats:
    """What was done so far."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._statuses: collections.Counter[int] = collections.Counter()
        self._times: collections.deque[float] = collections.deque(maxlen=4096)
        self._start = time.monotonic()

    def add(self, status: int, seconds: float) -> None:
        with self._lock:
            self._statuses[status] += 1
            if status == HTTPStatus.OK:
                self._times.append(seconds)

    def report(self) -> dict:
        with self._lock:
            statuses, times = dict(self._statuses), list(self._times)
        quantiles = statistics.quantiles(times, n=1000) if len(times) > 1 else [0.0] * 999
        return {
            "seconds": time.monotonic() - self._start,
            "statuses": statuses,
            "ms": {f"p{p:g}": 1e3 * quantiles[round(10 * p) - 1] for p in (50, 99, 99.9)},
            "caches": {name: info._asdict() for name, info in fastspec.cache_info().items()},
            "limits": fastspec.get_limits()._asdict(),
            "memory": resident(),
            "threads": threading.active_count(),
        }


def resident() -> int | None:
    """Return the bytes of memory in use, where the system says."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return None


# ---- audio ---------------------------------------------------------------------------------------


def decode_wav(body: bytes) -> tuple[int, np.ndarray]:
    """Return sample rate and (channels, n) samples."""
    try:
        with wave.open(io.BytesIO(body)) as file:
            if file.getsampwidth() != 2:
                raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "WAV: must be 16-bit PCM")
            frames = file.readframes(file.getnframes())
            channels, sr = file.getnchannels(), file.getframerate()
    except (wave.Error, EOFError) as error:
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"WAV: {error}") from None
    whole = len(frames) // (2 * channels) * 2 * channels
    return sr, np.frombuffer(frames[:whole], "<i2").reshape(-1, channels).T


def decode_raw(body: bytes, headers) -> tuple[int, np.ndarray]:
    dtype = {"float32": "<f4", "int16": "<i2"}.get(headers.get("X-Dtype", ""))
    sr = headers.get("X-Sample-Rate", "")
    if dtype is None or not sr.isdecimal() or len(sr) > 9:
        text = "raw samples need X-Dtype (float32 or int16) and X-Sample-Rate (an integer)"
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, text)
    if len(body) % np.dtype(dtype).itemsize:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "the last sample is incomplete")
    return int(sr), np.frombuffer(body, dtype)[np.newaxis]


def log_mel(body: bytes, headers) -> bytes:
    """Return the answer to a request."""
    if body[:4] == b"RIFF" or headers.get_content_type() in ("audio/wav", "audio/x-wav"):
        sr, y = decode_wav(body)
    else:
        sr, y = decode_raw(body, headers)
    if sr != SR:
        text = f"sample rate {sr}: must be {SR}"
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, text)
    file = io.BytesIO()
    np.save(file, PLAN(y))
    return file.getvalue()


# ---- HTTP ----------------------------------------------------------------------------------------


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "logmel"
    timeout = 30  # seconds that a client may be silent
    wbufsize = -1  # an answer is one write ...
    disable_nagle_algorithm = True  # ... that does not wait
    server: "Server"
    idle = True
    unread = 0  # bytes of a body that was refused

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self)

    def finish(self) -> None:
        self.server.connections.discard(self)
        try:
            self._read_rest()
        finally:
            super().finish()

    def _read_rest(self) -> None:
        """Let a client send what was refused, for a while: if it cannot, it does not see why."""
        if not self.unread:
            return
        self.wfile.flush()
        self.connection.settimeout(1)
        end = time.monotonic() + 2
        try:
            while self.unread > 0 and time.monotonic() < end:
                n = len(self.rfile.read1(min(self.unread, 1 << 16)))
                self.unread -= n or self.unread
        except OSError:
            pass

    def parse_request(self) -> bool:
        self.idle = False
        return super().parse_request()

    def handle_one_request(self) -> None:
        if self.server.draining:
            self.close_connection = True
            return
        super().handle_one_request()
        self.idle = True

    def do_GET(self) -> None:
        if self.path == "/stats":
            report = json.dumps(self.server.stats.report()).encode()
            self._answer(HTTPStatus.OK, report, "application/json")
        elif self.path == "/health":
            down = self.server.draining
            status = HTTPStatus.SERVICE_UNAVAILABLE if down else HTTPStatus.OK
            self._answer(status, b"going down" if down else b"ok")
        elif self.path == "/logmel":
            self._answer(HTTPStatus.METHOD_NOT_ALLOWED, b"POST audio to it", Allow="POST")
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"there are /logmel, /stats and /health")

    def do_POST(self) -> None:
        start = time.monotonic()
        status, body = self._serve(start)
        self.server.stats.add(status, time.monotonic() - start)
        if status == HTTPStatus.OK:
            self._answer(status, body, "application/x-npy")
        elif status == HTTPStatus.SERVICE_UNAVAILABLE:
            self._answer(status, body, **{"Retry-After": "1"})
        else:
            self._answer(status, body)

    def _serve(self, start: float) -> tuple[HTTPStatus, bytes]:
        """Return status and body of the answer; no request may end the server."""
        if not self.server.free.acquire(blocking=False):
            self._leave_body()
            return HTTPStatus.SERVICE_UNAVAILABLE, b"all are busy"
        try:
            body = self._body(start + self.server.seconds)
            seconds = self._seconds() - (time.monotonic() - start)
            with fastspec.deadline(seconds):
                return HTTPStatus.OK, log_mel(body, self.headers)
        except Refused as error:
            return error.status, str(error).encode()
        except fastspec.LimitError as error:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error).encode()
        except fastspec.ParameterError as error:
            return HTTPStatus.UNPROCESSABLE_ENTITY, str(error).encode()
        except fastspec.DeadlineError as error:
            return HTTPStatus.GATEWAY_TIMEOUT, str(error).encode()
        except MemoryError:
            return HTTPStatus.SERVICE_UNAVAILABLE, b"out of memory"
        except OSError:  # the client is gone
            self.close_connection = True
            return HTTPStatus.REQUEST_TIMEOUT, b"the body did not come"
        except Exception:
            LOG.exception("request failed")
            return HTTPStatus.INTERNAL_SERVER_ERROR, b"internal error"
        finally:
            self.server.free.release()

    def _leave_body(self) -> None:
        self.close_connection = True
        length = self.headers.get("Content-Length", "")
        self.unread = int(length) if length.isdecimal() and len(length) < 19 else 1 << 16

    def _body(self, end: float) -> bytes:
        if self.path != "/logmel":
            self._leave_body()
            raise Refused(HTTPStatus.NOT_FOUND, "POST to /logmel")
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self._leave_body()
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "Content-Length is needed")
        if len(length) > 18 or int(length) > self.server.max_bytes:
            self._leave_body()
            text = f"{length[:20]} bytes: must be at most {self.server.max_bytes}"
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text)
        try:
            return self._read(int(length), end)
        finally:
            self.connection.settimeout(self.timeout)

    def _read(self, length: int, end: float) -> bytes:
        """Return so many bytes; whoever sends them one by one does not keep a place for ever."""
        parts = []
        while length > 0:
            left = end - time.monotonic()
            if left <= 0:
                self.close_connection = True
                raise Refused(HTTPStatus.REQUEST_TIMEOUT, "the body did not come in time")
            self.connection.settimeout(left)
            parts.append(self.rfile.read1(min(length, 1 << 16)))
            if not parts[-1]:
                self.close_connection = True
                raise Refused(HTTPStatus.BAD_REQUEST, "the body is incomplete")
            length -= len(parts[-1])
        return b"".join(parts)

    def _seconds(self) -> float:
        given = self.headers.get("X-Timeout")
        if given is None:
            return self.server.seconds
        try:
            seconds = float(given)
        except ValueError:
            seconds = math.nan
        if not 0 <= seconds < math.inf:
            text = "X-Timeout: must be a number of seconds"
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, text)
        return min(seconds, self.server.seconds)

    def _answer(
        self, status: HTTPStatus, body: bytes, kind: str = "text/plain", **headers: str
    ) -> None:
        if self.server.draining:
            self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        LOG.debug(format, *args)


class Server(ThreadingHTTPServer):
    """The server; `seconds` is how long a request may take, `busy` how many are served at once."""

    daemon_threads = False  # closing waits for them
    request_queue_size = 256

    def __init__(
        self, address: tuple[str, int], *, max_bytes: int, seconds: float, busy: int
    ) -> None:
        super().__init__(address, Handler)
        self.max_bytes, self.seconds = max_bytes, seconds
        self.free = threading.BoundedSemaphore(busy)
        self.stats = Stats()
        self.connections: set[Handler] = set()
        self.draining = False

    def drain(self) -> None:
        """Stop accepting; answer what has come; wake up the connections that wait for more."""
        self.draining = True
        self.shutdown()
        for handler in list(self.connections):
            if handler.idle:
                try:
                    handler.connection.shutdown(socket.SHUT_RD)
                except OSError:
                    pass
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        LOG.debug("connection of %s", client_address, exc_info=True)


def start(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    max_seconds: float = 60,
    timeout: float = 1,
    busy: int = 64,
) -> Server:
    """Return a server that serves in a thread of its own, until its `drain`."""
    samples = round(max_seconds * SR)
    fastspec.set_limits(max_samples=samples, max_output_bytes=32 * samples)
    server = Server((host, port), max_bytes=4 * samples + 4096, seconds=timeout, busy=busy)
    threading.Thread(target=server.serve_forever, args=(0.05,), name="accept").start()
    return server


def main() -> None:
    parser = argparse.ArgumentParser(description="Log-mel spectrograms over HTTP.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--seconds", type=float, default=60, help="of audio in a request")
    parser.add_argument("--timeout", type=float, default=1, help="seconds for a request")
    parser.add_argument("--busy", type=int, default=64, help="requests served at once")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    PLAN(np.zeros(SR, np.float32))  # the first call is the slowest
    server = start(
        given.host,
        given.port,
        max_seconds=given.seconds,
        timeout=given.timeout,
        busy=given.busy,
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    print(f"http://{given.host}:{server.server_port}", flush=True)
    while not stop.wait(1):
        pass
    server.drain()


if __name__ == "__main__":
    main()

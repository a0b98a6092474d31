"""Load for server.py: clients in threads, each with a connection that stays open.

    python load.py [URL] [--clients 16] [--requests 5000]

Posts raw float32 and int16 samples and WAV files of 0.1 to 3 s, in random order, and reports
requests a second, quantiles of their times and what was not answered with 200.
"""

import argparse
import collections
import http.client
import io
import json
import random
import statistics
import threading
import time
import urllib.parse
import wave

import numpy as np

SR = 16000


def requests() -> list[tuple[bytes, dict[str, str]]]:
    """Return bodies and headers of all kinds."""
    rng = np.random.default_rng(0)
    found = []
    for i, seconds in enumerate(np.linspace(0.1, 3, 24)):
        y = 0.1 * rng.standard_normal(round(SR * seconds)).astype(np.float32)
        whole = (32767 * np.clip(y, -1, 1)).astype("<i2")
        headers = {"Content-Type": "application/octet-stream", "X-Sample-Rate": str(SR)}
        if i % 3 == 0:
            found.append((y.astype("<f4").tobytes(), {**headers, "X-Dtype": "float32"}))
        elif i % 3 == 1:
            found.append((whole.tobytes(), {**headers, "X-Dtype": "int16"}))
        else:
            file = io.BytesIO()
            with wave.open(file, "wb") as out:
                out.setnchannels(1)
                out.setsampwidth(2)
                out.setframerate(SR)
                out.writeframes(whole.tobytes())
            found.append((file.getvalue(), {"Content-Type": "audio/wav"}))
    return found


def run(url: str, clients: int, n_requests: int) -> dict:
    """Let clients send requests; return what came of it."""
    host = urllib.parse.urlsplit(url).netloc
    kinds = requests()
    times: list[float] = []
    statuses: collections.Counter[str] = collections.Counter()
    known: dict[int, bytes] = {}
    lock = threading.Lock()
    left = iter(range(n_requests))

    def client(me: int) -> None:
        chooser = random.Random(me)
        connection = http.client.HTTPConnection(host, timeout=30)
        own: list[float] = []
        while True:
            with lock:
                if next(left, None) is None:
                    break
            kind = chooser.randrange(len(kinds))
            start = time.perf_counter()
            try:
                connection.request("POST", "/logmel", *kinds[kind])
                answer = connection.getresponse()
                body, status = answer.read(), str(answer.status)
            except (OSError, http.client.HTTPException) as error:
                status, body = type(error).__name__, b""
                connection.close()
            own.append(time.perf_counter() - start)
            with lock:
                if status == "200" and known.setdefault(kind, body) != body:
                    status = "another answer to the same request"
                statuses[status] += 1
        connection.close()
        with lock:
            times.extend(own)

    threads = [threading.Thread(target=client, args=(me,)) for me in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    quantiles = statistics.quantiles(times, n=1000)
    return {
        "clients": clients,
        "requests": len(times),
        "per_second": len(times) / seconds,
        "ms": {f"p{p:g}": 1e3 * quantiles[round(10 * p) - 1] for p in (50, 99, 99.9)},
        "statuses": dict(statuses),
        "errors": len(times) - statuses["200"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Load for server.py.")
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8080")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--requests", type=int, default=5000)
    given = parser.parse_args()
    print(json.dumps(run(given.url, given.clients, given.requests), indent=1))


if __name__ == "__main__":
    main()

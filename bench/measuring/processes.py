"""The processes of a measurement: backends, the load, and the proxies whose CPU time counts."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import time

from measuring import place

BENCH = pathlib.Path(__file__).resolve().parent.parent
PATIENCE = 60  # seconds for anything


def _load_environment():
    return {**os.environ, "OPENSSL_CONF": str(BENCH / "peers" / "openssl.cnf"), "PYTHONPATH": str(BENCH)}


def _stop(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def backend(module, *arguments):
    """A server of ours on the load's core; has .pid and .port."""
    command = [sys.executable, "-m", f"measuring.{module}", *map(str, arguments)]
    process = subprocess.Popen(
        command, env=_load_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        preexec_fn=place.on_core(place.LOAD_CORE),
    )  # fmt: skip
    try:
        process.port = int(process.stdout.readline())
        yield process
    finally:
        _stop(process)


def load(module, *arguments):
    """Runs the clients to their end on the load's core: what they say it took."""
    command = [sys.executable, "-m", f"measuring.{module}", *map(str, arguments)]
    done = subprocess.run(
        command, env=_load_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE,
        preexec_fn=place.on_core(place.LOAD_CORE),
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"the load failed: {' '.join(map(str, arguments))}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout)


@contextlib.contextmanager
def proxy(command, ports, log):
    """A proxy on its own core, once all of `ports` answer; its log goes to a file, as a service's does."""
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, preexec_fn=place.on_core(place.PROXY_CORE)
        )
    try:
        deadline = time.monotonic() + PATIENCE
        for port in ports:
            while not _answers(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{command[-3:]} does not listen:\n{pathlib.Path(log).read_text()[-2000:]}")
                time.sleep(0.02)
        yield process
    finally:
        _stop(process)


def _answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def cpu_of(pids):
    return sum(place.cpu_seconds(pid) for pid in pids)

"""The proxy under test, as a child process."""

import ctypes
import itertools
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import threading
import time

from pysupport.timing import Deadline

BINARY = os.environ.get("STARLOCK_BINARY", "")
_numbers = itertools.count()
_libc = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def die_with_the_tests():
    """For preexec_fn: the process ends with the tests that started it."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Proxy:
    """`starlock run`, from the moment it listens to its exit.

    configuration: a dict (written as JSON, which is YAML), or a list of flags. A dict gets `log.format: json`.
    files: the limit of file descriptors.
    """

    def __init__(self, configuration, folder, files=None, wait=True):
        if not BINARY:
            raise RuntimeError("STARLOCK_BINARY must name the program under test")
        self.folder = pathlib.Path(folder)
        self.configuration = configuration
        if isinstance(configuration, dict):
            path = self.folder / f"starlock-{os.getpid()}-{next(_numbers)}.yaml"
            path.write_text(json.dumps({"log": {"format": "json"}, **configuration}, indent=1))
            arguments = ["run", "-c", str(path)]
            self.names = [listener["name"] for listener in configuration["listeners"]]
            self.count = sum(_count(listener["listen"]) for listener in configuration["listeners"])
        else:
            arguments = ["run", *configuration]
            self.names, self.count = None, 1
        self.lines = []  # of stderr
        self.records = []  # session records that were not fetched yet
        self.listening = []  # (name, address)
        self._changed = threading.Condition()
        self._ended = False

        def prepare():
            die_with_the_tests()
            if files is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

        self.process = subprocess.Popen(
            [BINARY, *arguments], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=prepare
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if wait:
            self._wait(lambda: len(self.listening) >= self.count, "the proxy to listen")

    def port(self, name=None):
        """The port of a listener's first address."""
        return int(next(address for each, address in self.listening if name in (None, each)).rpartition(":")[2])

    def record(self, client=None, where=None):
        """Waits for the record of this client's session (or of one for which `where` is true); each is returned once."""
        found = []

        # An earlier client may have had the same port, and its record may not have been fetched.
        def is_its(record):
            return client is None or (record["client"] == client.local and record["seen"] >= getattr(client, "since", 0))

        def look():
            for record in self.records:
                if is_its(record) and (where is None or where(record)):
                    found.append(record)
                    self.records.remove(record)
                    return True
            return False

        self._wait(look, f"the record of session {client.local if client else ''}")
        return found[0]

    def logged(self, pattern, timeout=None):
        """Waits for the first line on stderr that matches, and returns it."""
        found = []

        def look():
            found[:] = [line for line in self.lines if re.search(pattern, line)]
            return bool(found)

        self._wait(look, f"a log line like {pattern!r}", timeout)
        return found[0]

    def resident(self):
        """Resident memory in bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def cpu_seconds(self):
        """The CPU time that it has used, user and system."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=None):
        """Waits for the exit; returns the exit status."""
        try:
            status = self.process.wait(Deadline(timeout).left())
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"the proxy did not end; its log: {self._tail()}") from None
        self._reader.join()
        return status

    def stop(self, status=0):
        """Sends SIGTERM and checks the exit status. Open sessions end after drain_timeout."""
        try:
            self.signal(signal.SIGTERM)
            got = self.wait()
        except TimeoutError:
            self.process.kill()
            self.process.wait()
            raise
        self._check_sanitizers()
        if got != status:
            raise AssertionError(f"the proxy exited with {got}, not {status}; its log: {self._tail()}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            if kind is None:
                self.stop()
            else:
                self.process.kill()
                self.process.wait()
        else:
            self._reader.join()
            self._check_sanitizers()

    def _check_sanitizers(self):
        if any("Sanitizer" in line for line in self.lines):
            raise AssertionError("a sanitizer reported:\n" + "\n".join(self.lines))

    def _tail(self):
        return "\n".join(self.lines[-30:])

    def _wait(self, ready, what, timeout=None):
        deadline = Deadline(timeout)
        with self._changed:
            while not ready():
                if self._ended:
                    raise AssertionError(f"the proxy ended before {what}; its log: {self._tail()}")
                try:
                    self._changed.wait(deadline.left(what))
                except TimeoutError as error:
                    raise TimeoutError(f"{error}; its log: {self._tail()}") from None

    def _read(self):
        for line in self.process.stderr:
            text = line.decode(errors="replace").rstrip()
            with self._changed:
                self.lines.append(text)
                self._note(text)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _note(self, text):
        plain = re.search(r"listening name=(\S+) address=(\S+)", text)
        if plain:
            self.listening.append((plain[1], plain[2]))
        if not text.startswith("{"):
            return
        entry = json.loads(text)
        if entry.get("event") == "listening":
            self.listening.append((entry["name"], entry["address"]))
        elif entry.get("event") == "session":
            self.records.append({**entry, "seen": time.monotonic()})


def _count(listen):
    return len(listen) if isinstance(listen, list) else 1


def run(arguments, timeout=None):
    """Runs the program to its end; returns its output and exit status."""
    return subprocess.run(
        [BINARY, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=Deadline(timeout).left(),
    )  # fmt: skip


def closed(record):
    """Whether the session ended in order."""
    return (record["end"], record["blame"]) == ("closed", "none")

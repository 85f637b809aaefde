"""Real mail servers, each in a private root, with a private folder that they see as /mnt."""

import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import threading

from pysupport import roots
from pysupport.timing import Deadline

# A user of no account, for the mail that is delivered.
OWNER = 12345


def inside(root, folder, command):
    """The command line that runs `command` in the root, with `folder` as its /mnt."""
    bind = ["--bind", f"{folder}:/mnt"]
    return [sys.executable, str(roots.ENTER), str(roots.existing(root)), *bind, "--", *map(str, command)]


def free_port():
    """A port that is free now, outside the range from which the kernel takes the ports of clients."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class Daemon:
    """A server in the foreground. `ports`: what must answer before it counts as started."""

    def __init__(self, root, folder, command, ports, binds=()):
        self.folder = pathlib.Path(folder)
        self.lines = []
        self._changed = threading.Condition()
        arguments = inside(root, folder, command)
        for bind in binds:
            arguments[3:3] = ["--bind", bind]
        # A session of its own: Postfix signals its process group when it ends, and that must not be ours.
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )
        threading.Thread(target=self._read, daemon=True).start()
        for port in ports:
            self._answers(port)

    def log(self):
        return "\n".join(self.lines)

    def logged(self, text, start=0):
        """The first line of the log with this text (from line number `start` on), once it is there."""
        deadline = Deadline()
        with self._changed:
            while True:
                found = next((line for line in self.lines[start:] if text in line), None)
                if found is not None:
                    return found
                try:
                    self._changed.wait(deadline.left(f"{text!r} in the log"))
                except TimeoutError as error:
                    raise TimeoutError(f"{error}:\n{self.log()}") from None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(Deadline().left())
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _answers(self, port):
        deadline = Deadline(30)
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                if self.process.poll() is not None:
                    raise RuntimeError(f"the daemon ended with {self.process.returncode}:\n{self.log()}") from None
                with self._changed:  # a word in its log may mean that it is up now
                    self._changed.wait(min(0.1, deadline.left(f"port {port} to answer:\n{self.log()}")))

    def _read(self):
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.decode(errors="replace").rstrip())
                self._changed.notify_all()


def start(build, attempts=3):
    """build() → Daemon; tried again where a port that was free had been taken."""
    for attempt in range(attempts):
        try:
            return build()
        except RuntimeError:
            if attempt == attempts - 1:
                raise
    return None


def place(folder, **files):
    """A daemon's folder, walkable by its users, with these files and an empty mail folder for OWNER."""
    folder = pathlib.Path(folder)
    folder.mkdir(mode=0o755)
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (folder / "mail").mkdir()
    os.chown(folder / "mail", OWNER, OWNER)
    return folder


def certificate(folder, certs, leaf=None):
    """Copies a certificate, its key and our authority into a daemon's folder: cert.pem, key.pem, ca.pem."""
    leaf = leaf or certs.ecdsa
    for source, name, mode in ((leaf.chain, "cert.pem", 0o644), (leaf.key, "key.pem", 0o600), (certs.ca, "ca.pem", 0o644)):
        target = pathlib.Path(folder) / name
        target.write_bytes(pathlib.Path(source).read_bytes())
        target.chmod(mode)


def delivered(folder, token, timeout=None):
    """The one message below `folder` (Maildirs) that holds the token, as bytes, once it is there."""
    deadline = Deadline(timeout)
    waiting = threading.Event()
    while True:
        found = [text for path in pathlib.Path(folder).rglob("new/*") if token in (text := path.read_bytes())]
        if found:
            assert len(found) == 1, f"{len(found)} copies"
            return found[0]
        waiting.wait(min(0.05, deadline.left(f"the mail {token!r} to be delivered")))

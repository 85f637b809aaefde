"""Real servers as child processes, each in a private root, with a folder of its own that it sees as /mnt."""

import os
import pathlib
import random
import signal
import socket
import subprocess
import threading

from private_roots import Roots

from pysupport.timing import Deadline

ROOTS = Roots(pathlib.Path(__file__).resolve().parents[1] / "e2e" / "roots")
inside = ROOTS.inside

# A user id without an account; owns the delivered mail.
OWNER = 12345


def free_port():
    """A port that is free now, outside the range from which the kernel assigns client ports."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class Daemon:
    """A server that runs in the foreground. It has started once all `ports` accept connections."""

    def __init__(self, root, folder, command, ports, binds=()):
        self.folder = pathlib.Path(folder)
        self.lines = []
        self._changed = threading.Condition()
        # start_new_session: Postfix signals its process group when it exits, which must not be pytest's.
        self.process = subprocess.Popen(
            inside(root, folder, command, binds), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._read, daemon=True).start()
        for port in ports:
            self._answers(port)

    def log(self):
        return "\n".join(self.lines)

    def logged(self, text, start=0):
        """Waits for the first log line that contains `text`, from line number `start` on, and returns it."""
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
                with self._changed:  # a new log line may mean that it is up now
                    self._changed.wait(min(0.1, deadline.left(f"port {port} to answer:\n{self.log()}")))

    def _read(self):
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.decode(errors="replace").rstrip())
                self._changed.notify_all()


def start(build, attempts=3):
    """Calls build(), which returns a Daemon; retries if another process took one of its ports meanwhile."""
    for attempt in range(attempts):
        try:
            return build()
        except RuntimeError:
            if attempt == attempts - 1:
                raise
    return None


def place(folder, **files):
    """Creates a daemon's folder with these files, and an empty mail folder that OWNER owns."""
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
    """Copies a certificate, its key and our CA into a daemon's folder: cert.pem, key.pem, ca.pem."""
    leaf = leaf or certs.ecdsa
    for source, name, mode in ((leaf.chain, "cert.pem", 0o644), (leaf.key, "key.pem", 0o600), (certs.ca, "ca.pem", 0o644)):
        target = pathlib.Path(folder) / name
        target.write_bytes(pathlib.Path(source).read_bytes())
        target.chmod(mode)


def delivered(folder, token, timeout=None):
    """Waits until a Maildir below `folder` has a message with the token, which must be the only one; returns its bytes."""
    deadline = Deadline(timeout)
    waiting = threading.Event()
    while True:
        found = [text for path in pathlib.Path(folder).rglob("new/*") if token in (text := path.read_bytes())]
        if found:
            assert len(found) == 1, f"{len(found)} copies"
            return found[0]
        waiting.wait(min(0.05, deadline.left(f"the mail {token!r} to be delivered")))

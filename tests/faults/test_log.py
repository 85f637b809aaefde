"""The log: a reader that does not read or is gone, a full disk, rotation, and which sessions are written."""

import errno
import fcntl
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import time

import pytest

from pysupport.proxy import BINARY, Proxy, die_with_the_tests, run
from pysupport.smtp import BANNER, Client, Server
from pysupport.timing import SLOWDOWN, Deadline
from pysupport.upstream import Upstream

QUICK = 1.0 * SLOWDOWN  # seconds that a command on an established session may take


def free_port():
    """A port that nobody listens on: its owner is bound, but does not listen."""
    owner = socket.socket()
    owner.bind(("127.0.0.1", 0))
    return owner, owner.getsockname()[1]


def listener(name, address):
    return {"name": name, "listen": "127.0.0.1:0", "protocol": "smtp", "client": {"tls": "off"},
            "server": {"address": address, "tls": "off"}}  # fmt: skip


class Unread:
    """`starlock run` whose stderr is a pipe or a socket; the test reads only what it asks for."""

    def __init__(self, folder, kind="pipe", log=None, workers=2, drain="600s", prefix=()):
        self.owner, dead = free_port()
        self.upstream = Upstream(Server())
        configuration = {
            "workers": workers,
            "log": log or {},
            "limits": {"drain_timeout": drain},
            "listeners": [listener("works", self.upstream.address), listener("dead", f"127.0.0.1:{dead}")],
        }
        path = folder / f"unread-{os.getpid()}-{time.monotonic_ns()}.yaml"
        path.write_text(json.dumps(configuration))
        if kind == "socket":
            ours, theirs = socket.socketpair()
            self.reader, writer = ours.detach(), theirs.detach()
        else:
            self.reader, writer = os.pipe()
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        if kind == "non-blocking pipe":
            os.set_blocking(writer, False)
        self.process = subprocess.Popen(
            [*prefix, BINARY, "run", "-c", path], stdin=subprocess.DEVNULL, stderr=writer, preexec_fn=die_with_the_tests
        )
        os.close(writer)
        self.text = b""
        self.read_until(rb"(?s)address=.*address=.*\n")
        self.ports = {name: int(port) for name, port in re.findall(r"name=(\w+) address=\S+:(\d+)", self.text.decode())}

    def read_until(self, pattern):
        deadline = Deadline(60)
        while not re.search(pattern, self.text):
            assert select.select([self.reader], [], [], deadline.left(f"{pattern} in the log"))[0]
            part = os.read(self.reader, 1 << 20)
            if not part:
                break
            self.text += part

    def flood(self, count):
        """Sessions that fail at once, and leave nothing in TIME_WAIT."""
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", self.ports["dead"]))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()

    def session(self):
        client = Client(self.ports["works"])
        assert client.reply() == BANNER
        client.hello()
        return client

    def wait(self, seconds):
        try:
            return self.process.wait(seconds * SLOWDOWN)
        except subprocess.TimeoutExpired:
            raise AssertionError("the proxy did not end") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.reader)
        self.owner.close()
        self.upstream.close()


def quick(client, command=b"NOOP"):
    began = time.monotonic()
    assert client.command(command).startswith(b"250 ")
    assert time.monotonic() - began < QUICK


KINDS = ["pipe", "socket", "non-blocking pipe"]


@pytest.mark.parametrize("kind", KINDS)
def test_sessions_go_on_while_nobody_reads(folder, kind):
    with Unread(folder, kind) as proxy:
        client = proxy.session()
        for _ in range(10):
            proxy.flood(200)
            quick(client)
        quick(client, b"MAIL FROM:<a@example.com>")
        another = proxy.session()
        assert another.mail()[-1] == b"250 2.0.0 taken\r\n"
        another.quit()
        client.quit()
        # When the reader returns, all is there: it fits in the ring.
        proxy.process.send_signal(signal.SIGTERM)
        proxy.read_until(rb"draining\n")
        while part := os.read(proxy.reader, 1 << 20):
            proxy.text += part
        assert proxy.wait(10) == 0
        assert len(re.findall(rb"(?m)^session listener=dead ", proxy.text)) == 2000
        assert len(re.findall(rb"(?m)^session listener=works ", proxy.text)) == 2
        assert b"records lost" not in proxy.text


def test_lost_records_are_counted(folder):
    count = 45_000
    with Unread(folder) as proxy:
        client = proxy.session()
        for _ in range(count // 3000):
            proxy.flood(3000)
            quick(client)
        # Records written and lost are as many as there were sessions.
        deadline = Deadline(60)
        written = lost = 0
        while written + lost < count:
            proxy.text = b""
            proxy.read_until(rb"(?s)\A.*\n\Z")
            written += len(re.findall(rb"(?m)^session listener=dead ", proxy.text))
            lost += sum(map(int, re.findall(rb"(?m)^\S+Z warning (\d+) records lost lost=\d+ why=", proxy.text)))
            deadline.left(f"{written} written, {lost} lost")
        assert written + lost == count
        assert lost > 0 and written > 10_000
        quick(client)
        client.quit()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_drain_ends_while_nobody_reads(folder, kind, number):
    with Unread(folder, kind) as proxy:
        client = proxy.session()
        proxy.flood(1000)
        proxy.process.send_signal(number)
        assert client.command(b"QUIT").startswith(b"221 "), "a session past its negotiation may finish"
        client.close()
        assert proxy.wait(5) == 0


def test_the_drain_timeout_holds_while_nobody_reads(folder):
    with Unread(folder, drain="500ms") as proxy:
        client = proxy.session()
        quick(client, b"MAIL FROM:<a@example.com>")
        proxy.flood(1000)
        proxy.process.send_signal(signal.SIGTERM)
        client.rest()
        assert proxy.wait(5) == 0
        client.close()


def test_a_second_signal_ends_at_once_while_nobody_reads(folder):
    with Unread(folder) as proxy:
        client = proxy.session()
        quick(client, b"MAIL FROM:<a@example.com>")
        proxy.flood(1000)
        proxy.process.send_signal(signal.SIGTERM)
        refused = Deadline()
        while True:
            try:
                socket.create_connection(("127.0.0.1", proxy.ports["works"])).close()
            except OSError as error:
                if error.errno == errno.ECONNREFUSED:
                    break
            refused.left("the drain to begin")
        began = time.monotonic()
        proxy.process.send_signal(signal.SIGTERM)
        assert proxy.wait(3) == 1
        assert time.monotonic() - began < 2 * SLOWDOWN
        client.close()


def test_the_reader_is_gone(folder):
    with Unread(folder) as proxy:
        client = proxy.session()
        os.close(proxy.reader)
        proxy.reader = os.open(os.devnull, os.O_RDONLY)
        proxy.flood(500)
        quick(client)
        client.quit()
        proxy.process.send_signal(signal.SIGTERM)
        assert proxy.wait(5) == 0


def test_stderr_that_is_closed_is_no_socket(folder):
    """A socket that got the number 2 would carry the log to a peer."""
    owner, dead = free_port()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    flags = ["--protocol", "smtp", "--listen", f"127.0.0.1:{port}", "--upstream", f"127.0.0.1:{dead}"]
    process = subprocess.Popen(
        ["/bin/sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', BINARY, "run", *flags, "--upstream-tls", "off"],
        preexec_fn=die_with_the_tests,
    )
    deadline = Deadline()
    said = []
    while len(said) < 3:
        try:
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.settimeout(10)
                said.append(b"".join(iter(lambda: client.recv(4096), b"")))
        except ConnectionRefusedError:
            deadline.left("the proxy to listen")
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert all(each.startswith(b"421 ") and each.count(b"\n") == 1 for each in said), said
    owner.close()


# --- A file.


def in_file(folder, target, **log):
    owner, dead = free_port()
    upstream = Upstream(Server())
    listeners = [listener("works", upstream.address), listener("dead", f"127.0.0.1:{dead}")]
    proxy = Proxy({"log": {"target": f"file:{target}", **log}, "listeners": listeners}, folder)
    proxy.owner, proxy.upstream = owner, upstream
    return proxy


def events(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def works(proxy):
    client = Client(proxy.port("works"))
    assert client.reply() == BANNER
    client.hello()
    assert client.mail()[-1] == b"250 2.0.0 taken\r\n"
    client.quit()


def fails(proxy):
    client = Client(proxy.port("dead"))
    assert client.reply().startswith(b"421 ")
    client.rest()
    client.close()


def test_a_file(folder):
    path = folder / "starlock.log"
    with in_file(folder, path, format="json") as proxy:
        works(proxy)
        fails(proxy)
    found = events(path)
    assert [each["event"] for each in found].count("listening") == 2
    assert sorted(each["end"] for each in found if each["event"] == "session") == ["closed", "connect_failed"]
    assert found[-1]["event"] in ("draining", "session")
    assert all("session" not in line for line in proxy.lines), "only the start is written to stderr too"
    assert path.stat().st_mode & 0o137 == 0


@pytest.mark.parametrize("sessions,ends", [("failed", ["connect_failed"]), ("none", [])])
def test_which_sessions(folder, sessions, ends):
    path = folder / f"{sessions}.log"
    with in_file(folder, path, format="json", sessions=sessions) as proxy:
        works(proxy)
        fails(proxy)
    assert [each["end"] for each in events(path) if each["event"] == "session"] == ends


def test_a_rotation(folder):
    path, rotated = folder / "rotated.log", folder / "rotated.log.1"
    with in_file(folder, path, format="json") as proxy:
        works(proxy)
        deadline = Deadline()
        while '"closed"' not in path.read_text():
            deadline.left("the record")
        path.rename(rotated)
        proxy.signal(signal.SIGUSR1)
        deadline = Deadline()
        while not path.exists() or "opened again" not in path.read_text():
            deadline.left("the log file to be opened again")
        fails(proxy)
    assert [each["end"] for each in events(rotated) if each["event"] == "session"] == ["closed"]
    assert [each["end"] for each in events(path) if each["event"] == "session"] == ["connect_failed"]


def test_a_full_disk(folder):
    with in_file(folder, "/dev/full") as proxy:
        for _ in range(20):
            works(proxy)
        proxy.stop(0)
    assert len(proxy.listening) == 2, "the start appears on stderr"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_disk_that_is_full_for_a_while(folder):
    """Nothing is lost: what does not fit waits in the ring until there is room."""
    mount = folder / "small"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", mount], capture_output=True).returncode != 0:
        pytest.skip("mounting is not possible here")
    try:
        path, filler = mount / "starlock.log", mount / "filler"
        filler.write_bytes(b"x" * 49152)
        with in_file(folder, path, format="json") as proxy:
            for _ in range(100):
                fails(proxy)
            works(proxy)
            assert path.stat().st_size <= 16384
            filler.unlink()
            deadline = Deadline()
            while path.read_bytes().count(b'"event":"session"') < 101:
                deadline.left("the log to be written")
        found = events(path)
        assert sum(each["event"] == "session" for each in found) == 101
        assert not any("lost" in each["event"] for each in found)
    finally:
        subprocess.run(["umount", "-l", mount], check=True)


@pytest.mark.parametrize("target,why", [("file:/nonexistent/x.log", "No such file"), ("file:/", "folder|directory"),
                                        ("syslog", "not supported yet"), ("stdout", "stderr or file:PATH")])  # fmt: skip
def test_a_target_that_is_wrong(folder, target, why):
    path = folder / "wrong.yaml"
    path.write_text(f"log:\n  target: {target}\nlisteners: [{json.dumps(listener('front', '127.0.0.1:1'))}]\n")
    for command in ("check", "run"):
        done = run([command, "-c", path])
        assert done.returncode == 2
        assert re.search(f"{path}:2:11: .*({why})", done.stderr), done.stderr


# --- Signals.


def test_signals_that_do_not_end_the_process(folder):
    with Unread(folder) as proxy:
        client = proxy.session()
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP, signal.SIGPIPE, signal.SIGXFSZ):
            proxy.process.send_signal(number)
            quick(client)
        proxy.read_until(rb"(?s)SIGUSR2 ignored.*SIGHUP ignored|SIGHUP ignored.*SIGUSR2 ignored")
        client.quit()
        proxy.process.send_signal(signal.SIGTERM)
        assert proxy.wait(10) == 0


# Root may read everybody's memory, unless it gives up that capability.
UNPRIVILEGED = ["setpriv", "--bounding-set=-sys_ptrace"] if os.geteuid() == 0 else []


def readable(pid):
    """Whether another process of the same user can read this one's memory."""
    return subprocess.run([*UNPRIVILEGED, "head", "-c0", f"/proc/{pid}/mem"], capture_output=True).returncode == 0


def test_memory_with_keys_is_protected(folder):
    control = subprocess.Popen([*UNPRIVILEGED, "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    control.stdin.write(b"x")
    control.stdin.flush()
    control.stdout.read(1)  # now it is `cat`
    with Unread(folder, prefix=UNPRIVILEGED) as proxy:
        limits = open(f"/proc/{proxy.process.pid}/limits").read()
        assert re.search(r"Max core file size\s+0\s+0\s", limits)
        if SLOWDOWN == 1:  # a sanitizer's build can be traced
            assert readable(control.pid) and not readable(proxy.process.pid)
        proxy.process.send_signal(signal.SIGTERM)
        assert proxy.wait(10) == 0
    control.communicate()

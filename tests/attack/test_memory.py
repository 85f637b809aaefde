"""What a peer can make the proxy hold (G2): resident memory over many connections."""

import contextlib
import pathlib
import re
import resource
import selectors
import socket
import threading

import pytest

from pysupport.channel import connect
from pysupport.proxy import Proxy
from pysupport.rig import certificates
from pysupport.timing import SLOWDOWN, Deadline

KIB = 1024
MANY = 1000
FILES = 4096
GREETINGS = {
    "smtp": b"220 hi\r\n",
    "lmtp": b"220 hi\r\n",
    "imap": b"* OK hi\r\n",
    "pop3": b"+OK hi\r\n",
    "nntp": b"200 hi\r\n",
    "ftp": b"220 hi\r\n",
    "irc": b":x NOTICE * :hi\r\n",
    "managesieve": b'"SIEVE" ""\r\nOK "hi"\r\n',
    "acap": b"* ACAP\r\n",
}
pytestmark = pytest.mark.skipif(SLOWDOWN > 1, reason="a sanitizer has its own memory")


class Crowd:
    """A server for many connections. It sends each a greeting, then `flood` bytes as fast as they are taken."""

    def __init__(self, greeting=b"", flood=0):
        self.greeting, self.flood = greeting, flood
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=MANY)
        self.port = self.listener.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.listener.setblocking(False)
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.left = {}
        self.over = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        block = b"x" * 65536
        while not self.over:
            for key, _ in self.selector.select(0.1):
                if key.fileobj is self.listener:
                    with contextlib.suppress(BlockingIOError):
                        channel, _ = self.listener.accept()
                        channel.setblocking(False)
                        self.left[channel] = self.flood
                        if self.greeting:
                            channel.send(self.greeting)
                        if self.flood:
                            self.selector.register(channel, selectors.EVENT_WRITE)
                    continue
                with contextlib.suppress(OSError):
                    self.left[key.fileobj] -= key.fileobj.send(block[: self.left[key.fileobj]])
                if self.left[key.fileobj] <= 0:
                    self.selector.unregister(key.fileobj)

    def close(self):
        self.over = True
        self.thread.join()
        for channel in [*self.left, self.listener]:
            channel.close()


class Bench:
    """A proxy before a crowd."""

    def __init__(self, certs, folder, protocol, client="off", **crowd):
        self.crowd = Crowd(**crowd)
        leg = {"tls": client, **({"certificates": ["ecdsa"]} if client != "off" else {})}
        self.proxy = Proxy(
            {
                "workers": 1,
                "log": {"format": "json", "level": "error"},
                **({"certificates": certificates(certs)} if client != "off" else {}),
                "listeners": [
                    {
                        "name": "front",
                        "listen": "127.0.0.1:0",
                        "protocol": protocol,
                        "client": leg,
                        "server": {"address": f"127.0.0.1:{self.crowd.port}", "tls": "off"},
                    }
                ],
                "limits": {"drain_timeout": "1s"},
            },
            folder,
            files=FILES,
        )

    def __enter__(self):
        return self

    def __exit__(self, *kind):
        self.crowd.close()
        self.proxy.process.kill()
        self.proxy.process.wait()

    def each(self, use, count=MANY):
        """Bytes of resident memory for each of `count` connections, after use(client) on all of them."""
        clients = []
        with contextlib.ExitStack() as stack:
            for _ in range(20):  # what is allocated once
                warm = stack.enter_context(contextlib.closing(connect(self.proxy.port("front"))))
                use(warm)
            before = self._settled()
            for _ in range(count):
                client = stack.enter_context(contextlib.closing(connect(self.proxy.port("front"))))
                use(client)
                clients.append(client)
            return (self._settled() - before) / count

    def peak(self):
        """The most memory that was ever resident, in bytes."""
        status = pathlib.Path(f"/proc/{self.proxy.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * KIB

    def _settled(self):
        """Resident memory once it no longer grows."""
        deadline, last, same = Deadline(), -1, 0
        while same < 3:
            now = self.proxy.resident()
            same = same + 1 if abs(now - last) < 64 * KIB else 0
            last = now
            threading.Event().wait(0.1)
            deadline.left("the memory to settle")
        return last


@pytest.fixture(autouse=True)
def files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(FILES, hard)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("protocol", GREETINGS)
def test_part_of_a_line(certs, folder, protocol):
    def use(client):
        client.line()
        client.send(b"PART")

    with Bench(certs, folder, protocol, greeting=GREETINGS[protocol]) as bench:
        used = bench.each(use)
        print(f"FIGURE part of a line, {protocol}: {used / KIB:.1f} KiB")
        assert used < 16 * KIB


def test_five_bytes_of_a_client_hello(certs, folder):
    with Bench(certs, folder, "tcp", "implicit") as bench:
        used = bench.each(lambda client: client.send(b"\x16\x03\x01\x3f\x00"))
        print(f"FIGURE five bytes of a ClientHello: {used / KIB:.1f} KiB")
        assert used < 32 * KIB


def test_five_bytes_of_a_record(certs, folder):
    def use(client):
        client.start_tls(certs.client_context(), "localhost")
        client.send_raw(b"\x17\x03\x03\x40\x00")

    def control(client):
        client.start_tls(certs.client_context(), "localhost")

    with Bench(certs, folder, "tcp", "implicit") as bench:
        idle = bench.each(control, 300)
    with Bench(certs, folder, "tcp", "implicit") as bench:
        used = bench.each(use, 300)
    print(f"FIGURE five bytes of a record: {used / KIB:.1f} KiB, idle {idle / KIB:.1f} KiB")
    assert used < idle + 4 * KIB


def test_a_reader_that_takes_nothing(certs, folder):
    with Bench(certs, folder, "tcp", flood=32 * KIB * KIB) as bench:
        used = bench.each(lambda client: None, 100)
        print(f"FIGURE a reader that takes nothing: {used / KIB:.1f} KiB")
        assert used < 256 * KIB


def test_a_reader_that_takes_nothing_of_tls(certs, folder):
    with Bench(certs, folder, "tcp", "implicit", flood=32 * KIB * KIB) as bench:
        used = bench.each(lambda client: client.start_tls(certs.client_context(), "localhost"), 100)
        print(f"FIGURE a reader that takes nothing, TLS: {used / KIB:.1f} KiB")
        assert used < 256 * KIB + 64 * KIB


def header(to):
    return (
        b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' to='" + to + b"'>"
    )


SASL = b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"


@pytest.mark.parametrize("what", ["prefixes", "names", "attributes"])
@pytest.mark.parametrize("mode", ["required", "opportunistic"])
def test_distinct_xml_names(certs, folder, what, mode):
    """Expat keeps each name for its parser's life. The stream ends before that takes more than its budget."""
    units = {
        "prefixes": b"<p%d:a xmlns:p%d='urn:%d'/>",
        "names": b"<a%d/><b%d/><c%d/>",
        "attributes": b"<a a%d='' b%d='' c%d=''/>",
    }[what]
    # Before required TLS, a login is refused; anything else ends the session.
    begin, end = (b"<message>", b"</message>") if mode == "opportunistic" else (SASL, b"</auth>")
    stanzas = [
        begin + b"".join(units % ((n,) * units.count(b"%d")) for n in range(first, first + 200)) + end
        for first in range(100000, 120000, 200)
    ]
    clients = []

    def use(client):
        client.send(header(b"x"))
        client.until(b"</stream:features>")
        with contextlib.suppress(OSError):
            for stanza in stanzas:
                client.send(stanza)
        client.rest()
        clients.append(client)

    # Before required TLS the upstream gets no header, so it must not speak.
    greeting = header(b"y") + b"<stream:features/>" if mode == "opportunistic" else b""
    with Bench(certs, folder, "xmpp", mode, greeting=greeting) as bench:
        before = bench.peak()
        for _ in range(5):
            with contextlib.closing(connect(bench.proxy.port("front"))) as client:
                use(client)
        used = bench.peak() - before
        # A login was refused for want of TLS.
        ends = {"limit"} if mode == "opportunistic" else {"limit", "tls_required"}
        assert {bench.proxy.record(client)["end"] for client in clients} <= ends
        print(f"FIGURE distinct XML {what}, {mode}: {used / KIB:.1f} KiB")
        assert used < 2500 * KIB

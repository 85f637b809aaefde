"""Name look-ups that hang, in a proxy whose getaddrinfo() does so (hanging_names.cc)."""

import os
import signal
import time

import pytest

from pysupport.proxy import Proxy
from pysupport.smtp import BANNER, Client, Server
from pysupport.timing import Deadline, SLOWDOWN
from pysupport.upstream import Upstream

LIBRARY = os.environ.get("STARLOCK_HANGING_NAMES")
pytestmark = pytest.mark.skipif(not LIBRARY, reason="STARLOCK_HANGING_NAMES does not name the library")
NAMES = 12  # more than libuv's default number of threads


@pytest.fixture(autouse=True)
def hanging(monkeypatch):
    monkeypatch.setenv("LD_PRELOAD", LIBRARY or "")


def listener(name, address):
    return {"name": name, "listen": "127.0.0.1:0", "protocol": "smtp", "client": {"tls": "off"},
            "server": {"address": address, "tls": "off"}}  # fmt: skip


def start(folder, upstream, drain="30s"):
    hanging = [listener(f"hang{number}", f"hang{number}.example:25") for number in range(NAMES)]
    working = listener("works", f"localhost:{upstream.address.rpartition(':')[2]}")
    limits = {"drain_timeout": drain, "connect_timeout": "60s"}
    return Proxy({"workers": 2, "limits": limits, "listeners": [*hanging, working]}, folder)


def dial_all(proxy):
    return [Client(proxy.port(f"hang{number}")) for number in range(NAMES)]


def test_other_names_are_looked_up_meanwhile(folder):
    with start(folder, Upstream(Server())) as proxy:
        waiting = dial_all(proxy)
        client = Client(proxy.port("works"))
        assert client.reply() == BANNER
        client.quit()
        assert proxy.record(client)["end"] == "closed"
        for each in waiting:
            each.close()


def test_a_drain_does_not_wait_for_a_name(folder):
    proxy = start(folder, Upstream(Server()))
    clients = dial_all(proxy)
    for client in clients:
        client.send(b"")
    began = time.monotonic()
    proxy.signal(signal.SIGTERM)
    for client in clients:
        assert client.reply().startswith(b"421 ")
        client.close()
    assert proxy.wait() == 0
    assert time.monotonic() - began < 5 * SLOWDOWN
    for client in clients:
        assert proxy.record(client)["end"] == "drained"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_does_not_wait_for_a_name(folder, number):
    upstream = Upstream(Server())
    proxy = start(folder, upstream, drain="600s")
    client = Client(proxy.port("works"))
    assert client.reply() == BANNER
    client.hello()
    assert client.command(b"MAIL FROM:<a@example.com>").startswith(b"250 ")
    waiting = dial_all(proxy)
    proxy.signal(number)
    proxy.logged("draining")
    began = time.monotonic()
    proxy.signal(number)
    assert proxy.wait() == 1
    assert time.monotonic() - began < 3 * SLOWDOWN
    for each in [client, *waiting]:
        each.rest()
        each.close()


def test_a_name_that_cannot_be_resolved_is_asked_for_again(folder, monkeypatch):
    marker = folder / "names-fail"
    monkeypatch.setenv("STARLOCK_NAMES_FAIL", str(marker))
    marker.touch()
    upstream = Upstream(Server())
    address = f"fails.example:{upstream.address.rpartition(':')[2]}"
    with Proxy({"workers": 1, "listeners": [listener("front", address)]}, folder) as proxy:
        client = Client(proxy.port())
        assert client.reply().startswith(b"421 ")
        client.close()
        assert proxy.record(client)["end"] == "resolve_failed"
        marker.unlink()
        deadline = Deadline()
        while True:  # a failure is remembered for two seconds
            client = Client(proxy.port())
            if client.reply() == BANNER:
                break
            client.close()
            deadline.left("the name to be resolved")
        client.quit()

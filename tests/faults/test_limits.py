"""Limits: connections, connections per client, file descriptors; and a thousand sessions at once."""

import resource
import threading
import time

import pytest

from pysupport.channel import End, connect
from pysupport.proxy import Proxy, run
from pysupport.rig import Rig
from pysupport.smtp import BANNER, Client, Server
from pysupport.timing import SLOWDOWN

GOODBYE = 2  # seconds that a session waits for the client's end after its goodbye


@pytest.fixture(autouse=True)
def many_descriptors():
    """Raises the limit of descriptors: the test holds both outer ends of every session."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Single:
    """A proxy with one SMTP listener, and a working server behind it."""

    def __init__(self, certs, folder, client="off", protocol="smtp", limits=None, **options):
        self.rig = Rig(certs, folder, [(protocol, client, "off")], limits, **options)
        self.place = self.rig.at(protocol, client, "off")
        self.fake = Server()
        self.place.serve(self.fake)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.place.upstream.close()
        self.rig.proxy.__exit__(kind)


def refused(single, client):
    assert client.greeting.startswith(b"421 4."), client.greeting
    assert client.rest() == b""
    client.close()
    assert single.place.record(client)["end"] == "limit"


@pytest.mark.parametrize("mode", ["off", "required", "implicit"])
def test_max_connections(certs, folder, mode):
    with Single(certs, folder, mode, limits={"max_connections": 2}) as single:
        first, second = single.place.arrive(), single.place.arrive()
        assert first.greeting == second.greeting == BANNER
        refused(single, single.place.arrive())
        first.quit()
        single.place.record(first)
        third = single.place.arrive()
        assert third.greeting == BANNER
        for client in (second, third):
            client.quit()
        assert len(single.place.upstream.connections) == 3, "a refused client must not cost the upstream a connection"


def test_max_connections_without_words(certs, folder):
    with Single(certs, folder, protocol="tcp", limits={"max_connections": 1}) as single:
        first = single.place.dial()
        assert first.reply() == BANNER
        second = single.place.dial_before_the_reset()
        assert second.rest() == b"" and second.end is End.RESET
        assert single.place.record(second)["end"] == "limit"
        first.quit()


def test_max_connections_per_client(certs, folder):
    with Single(certs, folder, limits={"max_connections_per_client": 2}) as single:
        clients = [single.place.arrive(), single.place.arrive()]
        refused(single, single.place.arrive())
        neighbour = connect(single.place.port, source="127.0.0.2")
        assert neighbour.until(b"\n") == BANNER, "another address has its own count"
        neighbour.close()
        clients[0].quit()
        single.place.record(clients[0])
        again = single.place.arrive()
        assert again.greeting == BANNER
        again.quit()
        clients[1].quit()


def test_port_in_use(certs, folder):
    with Single(certs, folder) as single:
        port = single.place.port
        flags = ["--protocol", "smtp", "--listen", f"127.0.0.1:{port}", "--upstream", "127.0.0.1:1"]
        done = run(["run", *flags, "--upstream-tls", "off"])
        assert done.returncode == 1, done
        assert f"127.0.0.1:{port}" in done.stderr
        assert "listening name=" not in done.stderr
        client = single.place.arrive()
        assert client.greeting == BANNER, "the first session must go on"
        client.quit()
    # The slot is free at once, even if the connection is in TIME_WAIT.
    with Proxy(["--protocol", "smtp", "--listen", f"127.0.0.1:{port}", "--upstream", "127.0.0.1:1",
                "--upstream-tls", "off"], folder) as proxy:  # fmt: skip
        assert proxy.port() == port


def test_few_descriptors_from_the_start(certs, folder):
    """Fewer descriptors than max_connections needs: a warning at start; clients over the limit are refused or wait."""
    files = 80
    single = Single(certs, folder)
    single.rig.proxy.stop()
    with Proxy({**single.rig.proxy.configuration, "workers": 2}, folder, files=files) as proxy:
        proxy.logged("descriptors|RLIMIT_NOFILE")
        clients = [Client(proxy.port()) for _ in range(files)]
        # When a session ends, a waiting client is accepted.
        answers = []
        for client in clients:
            answers.append(client.reply())
            client.close()
        assert all(answer == BANNER or answer.startswith(b"421 4.") for answer in answers), set(answers)
        assert answers.count(BANNER) >= files // 8
        for client in clients:
            proxy.record(client)
        works(proxy)


def test_too_few_descriptors_to_start(certs, folder):
    """Whatever the limit, the proxy serves or says what is missing; it never aborts."""
    single = Single(certs, folder)
    single.rig.proxy.stop()
    configuration = {**single.rig.proxy.configuration, "workers": 3}
    served = failed = 0
    for files in range(5, 60, 3):
        proxy = Proxy(configuration, folder, files=files, wait=False)
        try:
            proxy._wait(lambda: len(proxy.listening) >= proxy.count, "the proxy to listen")
        except AssertionError:
            assert proxy.wait() in (1, 2), (files, proxy.lines)
            assert "Too many open files" in proxy.lines[-1] or files < 8, (files, proxy.lines)
            failed += 1
        else:
            proxy.stop(0)
            served += 1
    assert served > 0 and failed > 5


def test_a_flood_does_not_starve_a_session(certs, folder):
    with Single(certs, folder, limits={"max_connections": 50}) as single:
        client = single.place.arrive()
        client.hello()
        over = threading.Event()

        def flood():
            while not over.is_set():
                for each in [connect(single.place.port) for _ in range(30)]:
                    each.reset()

        threads = [threading.Thread(target=flood) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(200):
                began = time.monotonic()
                assert client.command(b"NOOP").startswith(b"250 ")
                assert time.monotonic() - began < 1.0 * SLOWDOWN
        finally:
            over.set()
            for thread in threads:
                thread.join()
        client.quit()
        # The drain ends although clients were waiting.
        single.rig.proxy.stop(0)


def works(proxy):
    client = Client(proxy.port())
    assert client.reply() == BANNER
    client.hello()
    assert client.mail()[-1] == b"250 2.0.0 taken\r\n"
    client.quit()
    assert proxy.record(client)["end"] == "closed"


def test_descriptors_run_out_and_come_back(certs, folder):
    """The limit is lowered at run time, like a leak elsewhere: accept pauses without spinning, and resumes by itself."""
    single = Single(certs, folder)
    proxy = single.rig.proxy
    works(proxy)
    limits = resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE, (proxy.descriptors() + 7, limits[1]))
    began = time.monotonic()
    clients = [Client(proxy.port()) for _ in range(30)]
    proxy.logged("accept paused")
    used = proxy.cpu_seconds()
    assert clients[-1].silent_for(0.5)
    assert proxy.cpu_seconds() - used < 0.2 * SLOWDOWN, "the proxy spins while accept is paused"
    resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE, limits)
    taken = time.monotonic() - began
    answers = [client.reply() for client in clients]
    assert all(answer == BANNER or answer.startswith(b"421 4.") for answer in answers), set(answers)
    # The session that gets the last descriptors has no server, and keeps them until the client has read its goodbye.
    assert answers.count(BANNER) >= 30 - 10 * (1 + taken // GOODBYE), "a waiting client was never accepted"
    assert answers[-1] == BANNER, "the last waiting client was never accepted"
    for client in clients:
        client.close()
        proxy.record(client)
    works(proxy)
    proxy.stop()


def test_a_thousand_sessions_at_once(certs, folder):
    count = 1000
    with Single(certs, folder, "required", leaves=("ecdsa",)) as single:
        context = certs.client_context()
        clients = [single.place.dial() for _ in range(count)]
        for client in clients:
            assert client.reply() == BANNER
        for client in clients:
            client.send(b"EHLO client.example.org\r\n")
        for client in clients:
            assert b"STARTTLS" in client.reply()
        for client in clients:
            client.upgrade(context)
        for client in clients:
            client.send(b"EHLO client.example.org\r\n")
        for client in clients:
            assert client.reply().startswith(b"250")
        assert single.rig.proxy.descriptors() >= 2 * count, "all of them at once"
        body = b"Subject: one of a thousand\r\n\r\nhello\r\n"
        for client in clients:
            assert client.mail(body, recipients=1)[-1] == b"250 2.0.0 taken\r\n"
        for client in clients:
            assert client.quit().startswith(b"221 ")
        assert single.fake.messages == [body] * count
        for client in clients:
            record = single.place.record(client)
            assert (record["end"], record["blame"]) == ("closed", "none")

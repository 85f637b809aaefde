"""Start and end of the proxy: binding, draining, the second signal."""

import json
import signal

import pytest

from pysupport.channel import End, connect
from pysupport.proxy import Proxy, run
from pysupport.rig import Rig, certificates, listener
from pysupport.smtp import BANNER, Client, Server
from pysupport.timing import Deadline, milliseconds
from pysupport.upstream import Upstream, silent

PAIRS = [("smtp", "required", "off"), ("smtp", "off", "off"), ("smtp", "opportunistic", "off"),
         ("lmtp", "required", "off"), ("tcp", "off", "off")]  # fmt: skip


@pytest.fixture
def make(certs, folder):
    """make(limits): a rig for this test only; the test ends its proxy itself."""
    made = []

    def rig(limits=None, pairs=PAIRS, **options):
        made.append(Rig(certs, folder, pairs, limits, **options))
        for place in made[-1].places.values():
            place.serve(Server(protocol=place.protocol))
        return made[-1]

    yield rig
    for each in made:
        each.close()


def gone(client):
    client.rest()
    client.close()


def not_accepted(port):
    """Waits until new connections are refused, because the listeners are closed."""
    deadline = Deadline()
    while True:
        try:
            connect(port).close()
        except ConnectionRefusedError:
            return
        except ConnectionResetError:
            pass
        deadline.left("the port to be closed")


def test_nothing_to_drain(make):
    rig = make({"drain_timeout": "60s"})
    rig.proxy.stop(0)


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
def test_negotiating_sessions_are_told(make, protocol):
    rig = make({"drain_timeout": "60s"})
    place = rig.at(protocol, "required", "off")
    client = place.arrive()
    client.hello()
    rig.proxy.signal(signal.SIGTERM)
    assert client.reply().startswith(b"421 4.")
    assert client.rest() == b"" and client.end is End.FIN
    not_accepted(place.port)
    client.close()
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("drained", "none")
    assert rig.proxy.wait() == 0, "with no session left, the proxy exits at once"


def test_waiting_for_the_upstream_is_negotiating_too(make):
    rig = make({"drain_timeout": "60s"})
    place = rig.at("smtp", "off", "off").serve(silent)
    client = place.dial()
    place.upstream.connection()
    rig.proxy.signal(signal.SIGTERM)
    assert client.reply().startswith(b"421 4.")
    gone(client)
    assert place.record(client)["end"] == "drained"
    assert rig.proxy.wait() == 0


def relayed(place, certs):
    client = place.arrive()
    client.hello()
    if place.client == "required":
        client.upgrade(certs.client_context())
        client.hello()
    assert client.command(b"MAIL FROM:<a@example.com>").startswith(b"250 ")
    return client


@pytest.mark.parametrize("mode", ["off", "opportunistic", "required"])
def test_relayed_sessions_may_finish(make, certs, mode):
    rig = make({"drain_timeout": "60s"})
    place = rig.at("smtp", mode, "off")
    client = relayed(place, certs)
    rig.proxy.signal(signal.SIGTERM)
    not_accepted(place.port)
    assert client.command(b"RSET").startswith(b"250 ")
    assert client.mail()[-1] == b"250 2.0.0 taken\r\n"
    assert client.quit().startswith(b"221 ")
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("closed", "none")
    assert rig.proxy.wait() == 0


@pytest.mark.parametrize("mode", ["off", "required"])
def test_the_drain_ends(make, certs, mode):
    rig = make({"drain_timeout": milliseconds(700)})
    place = rig.at("smtp", mode, "off")
    client = relayed(place, certs)
    rig.proxy.signal(signal.SIGTERM)
    gone(client)
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("drained", "none")
    assert rig.proxy.wait() == 0


@pytest.mark.parametrize("mode", ["off", "required"])
def test_a_second_signal_ends_at_once(make, certs, mode):
    rig = make({"drain_timeout": "600s"})
    place = rig.at("smtp", mode, "off")
    client = relayed(place, certs)
    rig.proxy.signal(signal.SIGTERM)
    not_accepted(place.port)
    rig.proxy.signal(signal.SIGTERM)
    assert rig.proxy.wait() == 1
    gone(client)
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("drained", "none")


def test_sighup_is_logged_and_ignored(make):
    rig = make()
    rig.proxy.signal(signal.SIGHUP)
    rig.proxy.logged("SIGHUP|reload")
    client = rig.at("smtp", "off", "off").arrive()
    assert client.greeting == BANNER
    client.quit()
    rig.proxy.stop(0)


def test_a_list_of_addresses_and_ipv6(certs, folder):
    upstream = Upstream(Server(), host="::1")

    class Place:
        name, protocol, client, server = "front", "smtp", "off", "off"

    Place.upstream = upstream
    entry = {**listener(certs, Place), "listen": ["127.0.0.1:0", "[::1]:0"]}
    with Proxy({"listeners": [entry]}, folder) as proxy:
        addresses = [address for _, address in proxy.listening]
        assert [address.rpartition(":")[0] for address in addresses] == ["127.0.0.1", "[::1]"]
        for address in addresses:
            host, _, port = address.rpartition(":")
            client = Client(int(port), host=host.strip("[]"))
            assert client.reply() == BANNER
            client.quit()
            record = proxy.record(client)
            assert record["client"] == client.local and record["server"] == upstream.address


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_workers(make, certs, folder, workers):
    rig = make(pairs=[("smtp", "required", "off")])
    configuration = rig.proxy.configuration
    place = rig.at("smtp", "required", "off")
    with Proxy({**configuration, "workers": workers}, folder) as proxy:
        assert len(proxy.listening) == 1, "one line a listener, one port for all workers"
        clients = [Client(proxy.port()) for _ in range(40)]
        for client in clients:
            assert client.reply() == BANNER
            client.hello()
            client.upgrade(certs.client_context())
        for client in clients:
            assert client.hello().startswith(b"250")
            client.quit()
            assert proxy.record(client)["end"] == "closed"
    assert len(place.upstream.connections) == 40


def test_from_flags_alone(certs, folder):
    upstream = Upstream(Server())
    leaf = certs.ecdsa
    flags = ["--protocol", "smtp", "--listen", "127.0.0.1:0", "--upstream", upstream.address, "--upstream-tls", "off"]
    with Proxy([*flags, "--cert", leaf.chain, "--key", leaf.key], folder) as proxy:
        client = Client(proxy.port())
        assert client.reply() == BANNER
        assert client.hello() == b"250-old.example.net\r\n250 STARTTLS\r\n", "required is the default with --cert"
        client.upgrade(certs.client_context())
        client.hello()
        assert client.mail()[-1] == b"250 2.0.0 taken\r\n"
        client.quit()
        line = proxy.logged("^session |.* session ")
        assert "end=closed" in line and "blame=none" in line and "client_tls=TLSv1.3/" in line, line
        assert "server_tls=plain" in line, line


def test_the_sidecar_from_flags(certs, folder):
    upstream = Upstream(Server(tls=certs.server_context()))
    flags = ["--protocol", "smtp", "--listen", "127.0.0.1:0", "--upstream", upstream.address]
    with Proxy([*flags, "--upstream-tls", "required", "--ca", certs.ca, "--server-name", "localhost"], folder) as proxy:
        client = Client(proxy.port())
        assert client.reply() == BANNER
        client.hello()
        assert client.mail()[-1] == b"250 2.0.0 taken\r\n"
        client.quit()
    assert upstream.finished().tls is not None


@pytest.mark.parametrize("leaf,status", [("mismatched", 2), ("expired", 0), ("ecdsa", 0), ("rsa", 0)])
def test_check_looks_at_certificates(certs, folder, leaf, status):
    class Place:
        name, protocol, client, server = "front", "smtp", "required", "off"
        upstream = Upstream(silent)

    entry = {"certificates": certificates(certs, (leaf,)), "listeners": [listener(certs, Place, leaves=(leaf,))]}
    path = folder / f"check-{leaf}.yaml"
    path.write_text(json.dumps(entry))
    done = run(["check", "-c", path])
    assert done.returncode == status, done
    if leaf == "mismatched":
        assert "key" in done.stderr + done.stdout
        assert run(["run", "-c", path]).returncode == 2
    if leaf == "expired":
        assert "expired" in done.stderr + done.stdout

"""FTP's data connections: IPv4 and IPv6 on either side, configured ports and address, a drain during a transfer."""

import signal
import socket

import pytest

from pysupport.channel import End
from pysupport.ftp import FILE, Client, Server
from pysupport.proxy import Proxy
from pysupport.rig import certificates
from pysupport.timing import milliseconds
from pysupport.upstream import Upstream

HOSTS = {"v4": "127.0.0.1", "v6": "::1"}


def address(host, port):
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def free_range(count):
    """The first of `count` consecutive ports that are free now, below the range of the kernel's client ports."""
    for first in range(21000, 31000, 97):
        try:
            for port in range(first, first + count):
                with socket.create_server(("127.0.0.1", port)):
                    pass
        except OSError:
            continue
        return first
    raise AssertionError("no free ports")


def listener(certs, name, host, upstream, tls=("off", "off"), **extra):
    client = {"tls": tls[0], **({"certificates": ["ecdsa"]} if tls[0] != "off" else {})}
    server = {"address": upstream.address, "tls": tls[1]}
    if tls[1] != "off":
        server |= {"ca": certs.ca, "server_name": "localhost"}
    return {"name": name, "listen": address(host, 0), "protocol": "ftp", "client": client, "server": server, **extra}


def proxy(certs, folder, *listeners, **limits):
    limits = {"drain_timeout": "30s", **limits}
    return Proxy({"certificates": certificates(certs), "listeners": list(listeners), "limits": limits}, folder)


@pytest.mark.parametrize("tls", ["off", "required"])
@pytest.mark.parametrize("behind", HOSTS)
@pytest.mark.parametrize("before", HOSTS)
def test_families(certs, folder, before, behind, tls):
    fake = Server(host=HOSTS[behind], tls=certs.server_context() if tls == "required" else None)
    upstream = Upstream(fake, host=HOSTS[behind])
    with proxy(certs, folder, listener(certs, "ftp", HOSTS[before], upstream, (tls, tls))) as running:
        client = Client(running.port("ftp"), HOSTS[before])
        client.arrive()
        if tls == "required":
            client.upgrade(certs.client_context())
            client.protect(certs.client_context())
        client.login()
        for how in (b"EPSV", b"EPRT", *((b"PASV", b"PORT") if before == "v4" else ())):
            assert client.get(how) == (FILE, b"226 all done\r\n")
            assert client.put(FILE, how) == b"226 all done\r\n"
        if before == "v6":
            assert client.command(b"PASV").startswith(b"522 ")
            assert client.command(b"EPSV 1").startswith(b"522 ")
        client.quit()
        assert fake.stored == [FILE] * (2 if before == "v6" else 4)
    upstream.close()


def passive(client):
    """The place that PASV leads to, or None if there is none."""
    answer = client.command(b"PASV")
    if answer.startswith(b"425 "):
        return None
    numbers = answer.partition(b"(")[2].partition(b")")[0].split(b",")
    return b".".join(numbers[:4]), int(numbers[4]) * 256 + int(numbers[5])


def test_configured_ports_and_address(certs, folder):
    """One client holds at most half of the ports, so the others are left for everybody else."""
    upstream = Upstream(Server())
    first = free_range(4)
    ftp = {"data_ports": f"{first}-{first + 3}", "external_address": "192.0.2.7"}

    def arrive(source):
        client = Client(running.port("ftp"), source=source)
        client.arrive()
        client.login()
        return client

    with proxy(certs, folder, listener(certs, "ftp", "127.0.0.1", upstream, ftp=ftp)) as running:
        greedy = [arrive("127.0.0.1") for _ in range(3)]
        others = [arrive(source) for source in ("127.0.0.2", "127.0.0.3", "127.0.0.4")]
        places = [passive(client) for client in greedy]
        assert places[2] is None, "the client holds half of the ports"
        places = [*places[:2], *(passive(client) for client in others)]
        assert places[4] is None, "all configured ports are in use"
        assert {host for host, _ in places[:4]} == {b"192.0.2.7"}
        assert {port for _, port in places[:4]} == set(range(first, first + 4))
        greedy[0].quit()
        running.record(greedy[0])
        assert passive(others[2]) == places[0]
        for each in (*greedy[1:], *others):
            each.close()
    upstream.close()


def test_ports_are_handed_out_in_turn(certs, folder):
    """A port that was just freed is not used again at once."""
    upstream = Upstream(Server())
    first = free_range(4)
    with proxy(certs, folder, listener(certs, "ftp", "127.0.0.1", upstream, ftp={"data_ports": f"{first}-{first + 3}"})) as running:
        client = Client(running.port("ftp"))
        client.arrive()
        client.login()
        ports = [passive(client)[1] for _ in range(8)]
        assert ports == [first + (ports[0] - first + i) % 4 for i in range(8)]
        client.quit()
    upstream.close()


def test_an_upstream_that_can_not_be_reached_for_data(certs, folder):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        upstream = Upstream(Server(on={b"EPSV": b"229 (|||%d|)\r\n" % holder.getsockname()[1]}))
        with proxy(certs, folder, listener(certs, "ftp", "127.0.0.1", upstream)) as running:
            client = Client(running.port("ftp"))
            client.arrive()
            client.login()
            assert client.command(b"EPSV").startswith(b"425 ")
            assert client.command(b"NOOP").startswith(b"200 ")
            client.quit()
    upstream.close()


@pytest.mark.parametrize("command", [b"RETR file", b"STOR file"])
def test_a_data_connection_that_is_lost_before_its_transfer(certs, folder, command):
    """Each command gets one reply, in order, and the transfer is not reported as a success."""
    upstream = Upstream(Server())
    with proxy(certs, folder, listener(certs, "ftp", "127.0.0.1", upstream)) as running:
        client = Client(running.port("ftp"))
        client.arrive()
        client.login()
        data = client.open_data()()
        data.reset()
        assert client.command(b"NOOP").startswith(b"200 ")
        assert client.command(command).startswith(b"150 ")
        assert client.reply().startswith(b"426 ")
        assert client.command(b"NOOP").startswith(b"200 ")
        client.quit()
    upstream.close()


@pytest.mark.parametrize("tls", ["off", "required"])
def test_a_drain_waits_for_the_transfer(certs, folder, tls):
    fake = Server(tls=certs.server_context())
    upstream = Upstream(fake)
    with proxy(certs, folder, listener(certs, "ftp", "127.0.0.1", upstream, (tls, "required"))) as running:
        idle, client = Client(running.port("ftp")), Client(running.port("ftp"))
        for each in (idle, client):
            each.arrive()
        if tls == "required":
            client.upgrade(certs.client_context())
            client.protect(certs.client_context())
        client.login()
        data = client.begin(b"STOR file")
        data.send(FILE)
        running.signal(signal.SIGTERM)
        assert idle.reply().startswith(b"421 ")
        data.send(FILE)
        data.half_close()
        assert data.rest() == b""
        data.close()
        assert client.reply() == b"226 all done\r\n"
        assert client.quit().startswith(b"221 "), "past its login, a session has drain_timeout"
        assert running.wait() == 0
    assert fake.stored == [FILE * 2]
    upstream.close()


@pytest.mark.parametrize("tls", ["off", "required"])
def test_a_drain_waits_for_the_end_of_a_reply(certs, folder, tls):
    """G1: nothing is said in the middle of a reply that passes line by line."""
    helps = []
    upstream = Upstream(Server(on={b"HELP": lambda channel, _: helps.append(channel) or channel.send(b"214-one\r\n")}))
    with proxy(certs, folder, listener(certs, "ftp", "127.0.0.1", upstream, (tls, "off"))) as running:
        idle, client = Client(running.port("ftp")), Client(running.port("ftp"))
        for each in (idle, client):
            each.arrive()
        if tls == "required":
            client.upgrade(certs.client_context())
        client.send(b"HELP\r\n")
        assert client.line() == b"214-one\r\n"
        running.signal(signal.SIGTERM)
        assert idle.reply().startswith(b"421 ")
        helps[0].send(b"214 two\r\n")
        assert client.line() == b"214 two\r\n"
        assert client.line().startswith(b"421 ")
        client.rest()
        assert running.wait() == 0
    upstream.close()


@pytest.mark.parametrize("tls", ["off", "required"])
def test_a_timeout_in_the_middle_of_a_reply(certs, folder, tls):
    upstream = Upstream(Server(on={b"HELP": b"214-one\r\n"}))
    legs = (tls, "off")
    with proxy(certs, folder, listener(certs, "ftp", "127.0.0.1", upstream, legs), idle_timeout=milliseconds(300)) as running:
        client = Client(running.port("ftp"))
        client.arrive()
        if tls == "required":
            client.upgrade(certs.client_context())
        client.send(b"HELP\r\n")
        assert client.rest() == b"214-one\r\n"
        assert client.end in (End.RESET, End.TRUNCATED), "the reply was cut"
        assert running.record(client)["end"] == "idle"
    upstream.close()

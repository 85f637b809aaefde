"""FTP's data connections: IPv4 and IPv6 on either side, configured ports and address, a drain during a transfer."""

import signal
import socket

import pytest

from pysupport.channel import End
from pysupport.ftp import FILE, Client, Server
from pysupport.proxy import Proxy
from pysupport.rig import certificates
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


def proxy(certs, folder, *listeners):
    return Proxy(
        {"certificates": certificates(certs), "listeners": list(listeners), "limits": {"drain_timeout": "30s"}}, folder
    )


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


def test_configured_ports_and_address(certs, folder):
    upstream = Upstream(Server())
    first = free_range(3)
    ftp = {"data_ports": f"{first}-{first + 2}", "external_address": "192.0.2.7"}
    with proxy(certs, folder, listener(certs, "ftp", "127.0.0.1", upstream, ftp=ftp)) as running:
        clients = []
        ports = set()
        for _ in range(3):
            client = Client(running.port("ftp"))
            client.arrive()
            client.login()
            answer = client.command(b"PASV")
            numbers = answer.partition(b"(")[2].partition(b")")[0].split(b",")
            assert numbers[:4] == [b"192", b"0", b"2", b"7"], answer
            ports.add(int(numbers[4]) * 256 + int(numbers[5]))
            clients.append(client)
        assert ports == set(range(first, first + 3))
        client = Client(running.port("ftp"))
        client.arrive()
        client.login()
        assert client.command(b"PASV").startswith(b"425 "), "all configured ports are in use"
        clients[0].quit()
        running.record(clients[0])
        assert client.get() == (FILE, b"226 all done\r\n")
        for each in (client, *clients[1:]):
            each.close()
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
        assert client.reply().startswith(b"421 ")
        client.rest()
        assert client.end in (End.FIN, End.CLOSE_NOTIFY)
        assert running.wait() == 0
    assert fake.stored == [FILE * 2]
    upstream.close()

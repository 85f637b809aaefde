"""inetutils-ftpd, which reads lines otherwise than we do: it splits them at 511 bytes. W2."""

import pytest

from pysupport import ftp_clients
from pysupport.ftp import Client
from pysupport.ftp_servers import inetutils_ftpd

# name → client mode, server, mode of the server leg
WAYS = {
    "front": ("required", "inetutils", "off"),
    "public": ("opportunistic", "inetutils", "off"),
    "ftps": ("implicit", "inetutils", "off"),
    "plain": ("off", "inetutils", "off"),
}


@pytest.fixture(scope="module")
def ways(certs, folder, front):
    with inetutils_ftpd(folder / "inetutils", certs) as server:
        yield ftp_clients.Ways(WAYS, {"inetutils": server}, front, certs, folder)


@pytest.mark.parametrize("client", ["curl", "ftplib"])
@pytest.mark.parametrize("name", WAYS)
def test_both_ways(ways, name, client):
    ways.both_ways(name, client)


SPLIT = b"NOOP " + b"x" * 506 + b"USER anonymous"


def test_w2_the_server_splits_lines(ways):
    """The control: it executes the second half of the line."""
    client = Client(ways.servers["inetutils"].port)
    client.arrive()
    client.send(SPLIT + b"\r\n")
    assert [client.reply()[:3], client.reply()[:3]] == [b"500", b"331"]
    client.close()


def test_w2_the_window_closes(ways, certs):
    """Nothing that the server executed before TLS is met inside TLS: there is no TLS."""
    client = Client(ways.port("public"))
    client.arrive()
    client.send(SPLIT + b"\r\nAUTH TLS\r\n")
    codes = [client.reply()[:3]]
    while codes[-1] != b"503":
        codes.append(client.reply()[:3])
    assert codes[:-1] in ([b"500"], [b"500", b"331"])
    assert client.command(b"AUTH TLS").startswith(b"503 ")
    client.close()
    ways.record("public")
    client = Client(ways.port("public"))
    client.arrive()
    for line in (b"FEAT", b"SYST", b"NOOP", b"HELP"):
        client.command(line)
    client.upgrade(certs.client_context())
    assert client.command(b"NOOP").startswith(b"200 ")
    client.quit()
    ways.record("public")

"""A reader that is slower than idle_timeout per queue: it is not idle, and it gets every byte."""

import hashlib
import os
import threading

import pytest

from pysupport.ftp import Client, Server
from pysupport.rig import Rig
from pysupport.timing import Deadline, milliseconds
from pysupport.upstream import one_way

IDLE = 1000
BLOCK = os.urandom(1 << 20)
# More than the kernel buffers for a stream's sockets.
LONG = 16 << 20
WHOLE = hashlib.sha256(BLOCK * (LONG // len(BLOCK))).hexdigest()
PAIRS = [("tcp", "off", "off"), ("tcp", "implicit", "implicit"), ("ftp", "off", "off"), ("ftp", "required", "required")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, PAIRS, {"idle_timeout": milliseconds(IDLE)})
    yield rig
    rig.close()


def send(channel):
    for _ in range(LONG // len(BLOCK)):
        channel.send(BLOCK, 60)


def read_slowly(channel):
    """About 300 KB a second for three times idle_timeout, then the rest."""
    got = b""
    for _ in range(3 * IDLE // 100):
        got += channel.sip(32768)
        channel.pause(0.1)
    return hashlib.sha256(got + channel.exactly(LONG - len(got), 60)).hexdigest()


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("pair", PAIRS[:2], ids="-".join)
def test_of_a_relayed_session(rig, certs, pair, direction):
    place = rig.at(*pair)
    with one_way(place, certs, direction) as (client, sender, reader):
        sending = threading.Thread(target=send, args=(sender,), daemon=True)
        sending.start()
        assert read_slowly(reader) == WHOLE
        sending.join(Deadline().left())
        client.close()
    assert place.record(client)["end"] != "idle"


@pytest.mark.parametrize("pair", PAIRS[2:], ids="-".join)
def test_of_a_file(rig, certs, pair):
    """FTP: the control connection is silent meanwhile."""
    place = rig.at(*pair)

    def data(_channel, _verb, connection):
        send(connection)
        connection.half_close()
        connection.rest()

    place.serve(Server(tls=certs.server_context() if place.server == "required" else None, data=data))
    client = Client(place.port)
    client.arrive()
    if place.client == "required":
        client.upgrade(certs.client_context())
        client.protect(certs.client_context())
    client.login()
    file = client.begin(b"RETR file")
    assert read_slowly(file) == WHOLE
    assert file.rest() == b""
    file.half_close()
    file.close()
    assert client.reply() == b"226 all done\r\n"
    client.quit()
    assert place.record(client)["end"] == "closed"

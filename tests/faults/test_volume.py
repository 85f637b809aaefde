"""Volume: a large message arrives complete with flat memory; a slow reader slows the sender, not the proxy."""

import hashlib
import os
import threading

import pytest

from pysupport.channel import connect
from pysupport.rig import Rig
from pysupport.smtp import Server
from pysupport.timing import SLOWDOWN, Deadline
from pysupport.upstream import one_way

MEGABYTE = 1 << 20
SIZE = 200 * MEGABYTE if SLOWDOWN == 1 else 32 * MEGABYTE
BLOCK = os.urandom(MEGABYTE)
# More than the kernel buffers for a stream's sockets.
LONG = 32 * MEGABYTE
# A sanitizer does not return freed memory, so its numbers mean nothing; the transfer is still checked.
FLAT = 30 * MEGABYTE if SLOWDOWN == 1 else None
PAIRS = [("smtp", c, s) for c, s in (("required", "off"), ("off", "required"), ("required", "required"), ("off", "off"))]
TCP = [("tcp", c, s) for c in ("off", "implicit") for s in ("off", "implicit")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, PAIRS + TCP)
    yield rig
    rig.close()


def blocks():
    """SIZE bytes; no two blocks are alike."""
    for number in range(SIZE // MEGABYTE):
        yield BLOCK[number:] + BLOCK[:number]


class Memory:
    """Checks that the proxy's resident memory grows by no more than FLAT after the first block."""

    def __init__(self, proxy):
        self.proxy, self.first = proxy, None

    def look(self):
        now = self.proxy.resident()
        self.first = self.first or now
        if FLAT is not None:
            assert now - self.first < FLAT, f"memory grew by {(now - self.first) >> 20} MiB"


def receive(channel, memory=None):
    channel.keep = False
    digest = hashlib.sha256()
    for number in range(SIZE // MEGABYTE):
        digest.update(channel.exactly(MEGABYTE, 30))
        if memory is not None and number % 10 == 0:
            memory.look()
    channel.keep = True
    return digest.hexdigest()


def transmit(channel, memory=None):
    digest = hashlib.sha256()
    for number, block in enumerate(blocks()):
        channel.send(block, 30)
        digest.update(block)
        if memory is not None and number % 10 == 0:
            memory.look()
    return digest.hexdigest()


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_a_large_message_both_ways(rig, certs, pair):
    """Up: a message. Down: a reply after it."""
    place = rig.at(*pair)
    got, sent = [], []

    def data(channel, _):
        channel.send(b"354 go on\r\n")
        got.append(receive(channel))
        assert channel.until(b"\r\n.\r\n") == b"\r\n.\r\n"
        channel.send(b"250 taken\r\n")

    def down(channel, _):
        sent.append(transmit(channel))

    tls = None if place.server == "off" else certs.server_context()
    client = place.serve(Server(tls=tls, on={b"DATA": data, b"VRFY": down})).arrive()
    client.hello()
    if place.client == "required":
        client.upgrade(certs.client_context())
        client.hello()
    for command in (b"MAIL FROM:<a@example.com>", b"RCPT TO:<b@example.net>", b"DATA"):
        client.command(command)
    memory = Memory(rig.proxy)
    up = transmit(client, memory)
    client.send(b"\r\n.\r\n")
    assert client.reply() == b"250 taken\r\n"
    assert got == [up]
    client.send(b"VRFY all\r\n")
    received = receive(client, memory)
    client.quit()
    place.upstream.finished()
    assert sent == [received]
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("closed", "none")
    assert record["bytes_in"] > SIZE and record["bytes_out"] > SIZE


class Sender(threading.Thread):
    """Sends all of LONG in pieces; `sent` is the number of bytes so far."""

    def __init__(self, channel):
        super().__init__(daemon=True)
        self.channel, self.sent = channel, 0
        self.start()

    def run(self):
        while self.sent < LONG:
            self.channel.send(BLOCK[:65536], 120)
            self.sent += 65536


@pytest.mark.parametrize("pair", TCP, ids="-".join)
@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_slow_reader_holds_the_sender_back(rig, certs, pair, direction):
    place = rig.at(*pair)
    with one_way(place, certs, direction) as (client, sender, reader):
        before = rig.proxy.resident()
        sending = Sender(sender)
        got = sip_until_stuck(reader, sending)
        # The kernel's socket buffers and our own queues, but never the stream.
        assert sending.sent < LONG * 3 // 4, f"{sending.sent >> 20} MiB went somewhere"
        if FLAT is not None:
            assert rig.proxy.resident() - before < 8 * MEGABYTE
        # Now the reader reads everything: every byte is there, in order.
        digest = hashlib.sha256(got)
        digest.update(reader.exactly(LONG - len(got), 60))
        assert digest.hexdigest() == hashlib.sha256(BLOCK[:65536] * (LONG // 65536)).hexdigest()
        sending.join(Deadline().left())
        client.close()


def sip_until_stuck(reader, sending):
    """Reads a few KB a second until the sender has made no progress for a while."""
    got, last, still = b"", 0, 0
    deadline = Deadline(60)
    while still < 5:
        got += reader.sip(512)
        reader.pause(0.2)
        still = still + 1 if sending.sent == last else 0
        last = sending.sent
        deadline.left("the sender to be held back")
    return got


def test_many_slow_readers_share_no_memory(rig):
    """An idle session costs next to no memory, however much data it has relayed."""
    place = rig.at("tcp", "off", "off")

    def behaviour(channel):
        channel.send(channel.exactly(300_000))
        channel.rest()

    place.upstream.serve(behaviour)
    warm = connect(place.port)
    warm.send(BLOCK[:300_000])
    assert warm.exactly(300_000) == BLOCK[:300_000]
    before = rig.proxy.resident()
    clients = [connect(place.port) for _ in range(200)]
    for client in clients:
        client.send(BLOCK[:300_000])
        assert client.exactly(300_000) == BLOCK[:300_000]
    if FLAT is not None:
        assert (rig.proxy.resident() - before) / len(clients) < 20_000
    for client in [warm, *clients]:
        client.half_close()
        client.rest()
        client.close()

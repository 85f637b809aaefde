"""MySQL's first packets in both roles: a fake server and a test client."""

import struct

from pysupport.starttls import Command, StartTlsClient, StartTlsServer

SSL = 0x0800  # CLIENT_SSL
# CLIENT_PLUGIN_AUTH, SECURE_CONNECTION, TRANSACTIONS, PROTOCOL_41, LONG_PASSWORD
USUAL = 0x00080000 | 0x8000 | 0x2000 | 0x0200 | 0x0001
OK = b"\x00\x00\x00\x02\x00\x00\x00"
COM_QUIT, COM_PING = b"\x01", b"\x0e"


def packet(number, payload):
    return struct.pack("<I", len(payload))[:3] + bytes([number]) + payload


def greeting(ssl):
    flags = USUAL | (SSL if ssl else 0)
    head = b"\x0a8.0.36\x00" + struct.pack("<I", 42) + b"saltsalt\x00"
    head += struct.pack("<HBHHB", flags & 0xFFFF, 45, 2, flags >> 16, 21)
    return packet(0, head + bytes(10) + b"moresaltmore\x00mysql_native_password\x00")


def response(number, ssl):
    """A HandshakeResponse41; its password proof is the word `proof`."""
    head = struct.pack("<IIB", USUAL | (SSL if ssl else 0), 1 << 24, 33) + bytes(23)
    return packet(number, head + b"me\x00\x05proofmysql_native_password\x00")


SSL_REQUEST = packet(1, response(1, True)[4:36])


def read_packet(channel):
    """The next packet: its number and its payload."""
    head = channel.exactly(4)
    return head[3], channel.exactly(int.from_bytes(head[:3], "little"))


class Server(StartTlsServer):
    """Accepts one login, then answers every command with OK."""

    STARTTLS = b"SSLREQUEST"

    def greeting(self):
        return greeting(self.offer)

    def read_command(self):
        number, payload = read_packet(self.channel)
        request = len(payload) == 32 and self.tls is not None and self.channel.tls is None
        verb = self.STARTTLS if request else b"QUIT" if payload == COM_QUIT else b""
        return Command(payload, verb, number=number)

    def do_sslrequest(self, _):
        """There is no go-ahead: the handshake follows at once."""
        self.start_tls()

    def do_quit(self, _):
        return self.leave()

    def do_unknown(self, command):
        return packet(command.number + 1, OK)


class Client(StartTlsClient):
    def arrive(self):
        self.number, self.greeting = read_packet(self)

    def starttls_request(self):
        return SSL_REQUEST

    def read_go_ahead(self):
        """SSLRequest has no answer."""
        return b""

    def reply(self):
        """The number and the payload of the next packet."""
        return read_packet(self)

    def log_in(self, number, ssl):
        self.send(response(number, ssl))
        return self.reply()

    def ping(self):
        self.send(packet(0, COM_PING))
        return self.reply()

    def quit(self):
        """COM_QUIT, and the end of the stream."""
        self.send(packet(0, COM_QUIT))
        self.leave()

"""LDAP in both roles: messages in BER, a fake server and a test client."""

from pysupport.starttls import Command, StartTlsClient, StartTlsServer

OID = b"1.3.6.1.4.1.1466.20037"  # StartTLS, RFC 4511 section 4.14
# Tags of operations, RFC 4511 section 4.2 and following.
BIND, BIND_RESPONSE, UNBIND = 0x60, 0x61, 0x42
SEARCH, SEARCH_ENTRY, SEARCH_DONE = 0x63, 0x64, 0x65
EXTENDED, EXTENDED_RESPONSE = 0x77, 0x78


def element(tag, content):
    """A BER element; a length of 128 and more is written in Active Directory's four-octet form."""
    size = len(content)
    return bytes([tag]) + (bytes([size]) if size < 128 else b"\x84" + size.to_bytes(4, "big")) + content


def message(number, tag, body=b""):
    return element(0x30, element(2, bytes([number])) + element(tag, body))


def result(number, tag, code):
    return message(number, tag, element(10, bytes([code])) + element(4, b"") + element(4, b""))


def starttls(number):
    return message(number, EXTENDED, element(0x80, OID))


def bind(number):
    return message(number, BIND, element(2, b"\x03") + element(4, b"") + element(0x80, b""))


def root_dse(number):
    """A Search of the root DSE for its operational attributes."""
    limits = element(10, b"\0") + element(10, b"\0") + element(2, b"\0") + element(2, b"\0") + element(1, b"\0")
    return message(number, SEARCH, element(4, b"") + limits + element(0x87, b"objectClass") + element(0x30, element(4, b"+")))


def entry(number, offer):
    """The root DSE, whose supportedExtension names StartTLS if `offer` is set."""
    values = element(4, b"1.3.6.1.1.8") + (element(4, OID) if offer else b"")
    attribute = element(0x30, element(4, b"supportedExtension") + element(0x31, values))
    return message(number, SEARCH_ENTRY, element(4, b"") + element(0x30, attribute))


def read(channel):
    """The next message: its id, the tag of its operation, and all its bytes."""
    head = channel.exactly(2)
    octets = head[1] & 0x7F if head[1] & 0x80 else 0
    more = channel.exactly(octets)
    body = channel.exactly(int.from_bytes(more, "big") if octets else head[1])
    return body[2], body[3], head + more + body


class Server(StartTlsServer):
    """A command's number is its message id. STARTTLS is the extended request with StartTLS's OID."""

    VERBS = {BIND: b"BIND", UNBIND: b"UNBIND", SEARCH: b"SEARCH"}

    def read_command(self):
        number, tag, whole = read(self.channel)
        verb = self.STARTTLS if tag == EXTENDED and OID in whole else self.VERBS.get(tag, b"")
        return Command(whole, verb, number=number)

    def do_unbind(self, _):
        return self.leave()

    def do_search(self, command):
        return entry(command.number, self.offers_starttls()) + result(command.number, SEARCH_DONE, 0)

    def do_bind(self, command):
        return result(command.number, BIND_RESPONSE, 0)

    def do_starttls(self, command):
        success = result(command.number, EXTENDED_RESPONSE, 0)
        return self.accept_starttls(success, self.do_unknown(command))

    def do_unknown(self, command):
        """operationsError (1) inside TLS, protocolError (2) outside."""
        return result(command.number, EXTENDED_RESPONSE, 1 if self.channel.tls is not None else 2)


class Client(StartTlsClient):
    """The client speaks first."""

    NUMBER = 9  # the message id of StartTLS

    def ask(self, request):
        """Sends a request; returns its responses, up to the final one, as bytes."""
        self.send(request)
        got = []
        while not got or got[-1][1] == SEARCH_ENTRY:
            got.append(read(self))
        return b"".join(whole for _, _, whole in got)

    def starttls_request(self):
        return starttls(self.NUMBER)

    def reply(self):
        return read(self)[2]

    def read_go_ahead(self):
        answer = self.reply()
        if answer[7:10] != b"\x0a\x01\x00":
            raise AssertionError(f"StartTLS was answered with {answer!r}")
        return answer

    def quit(self):
        """Unbind, and the end of the stream."""
        self.send(message(60, UNBIND))
        tail = self.rest()
        if tail:
            raise AssertionError(f"data after Unbind: {tail!r}")
        self.close()

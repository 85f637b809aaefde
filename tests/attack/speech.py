"""The table of the upgrade attacks: for each protocol, what both sides send around STARTTLS.

The attacks themselves are in test_command_injection.py (C1 to C4), test_response_injection.py (R1 to R3),
test_framing.py (F3) and test_second_upgrade.py (F4). Each is one function for all protocols. What only one protocol has
is in that protocol's own file.

Bytes that an attacker adds contain the word `injected` where possible, so that a test can look for it.
"""

import dataclasses
import re
from collections.abc import Callable

import pytest
from common import all_seen

from pysupport import acap, ldap, managesieve, mysql, postgres, smtp, xmpp

LOOKS_LIKE_TLS = b"\x16\x03\x03\x00\x04injected"
OVERLONG = b"A" * 20000 + b"\r\n"  # longer than the 16 KiB that a unit may have


@dataclasses.dataclass(frozen=True)
class Malformed:
    """Bytes that no client may send before TLS, by name, and what the proxy answers (a pattern)."""

    data: dict
    answer: bytes
    dialled: bool = True  # whether the upstream has been dialled by then


@dataclasses.dataclass(frozen=True, repr=False)
class Speech:
    """One protocol's row. Patterns are regular expressions over bytes, and must match everything unless they say otherwise."""

    protocol: str

    # The server role, facing the client.
    go_ahead: bytes  # pattern of our go-ahead
    injected: dict  # C1: commands behind STARTTLS, by name
    halves: tuple  # C2: a command in two parts
    refusal: bytes  # F4: pattern of the beginning of the reply to a second STARTTLS, ours or the fake server's
    malformed: Malformed  # F3
    asked: tuple = ()  # what the proxy itself sends to an upstream that offers STARTTLS: a pattern for each step
    prepare: Callable = lambda client: None  # sends what a client needs to send before STARTTLS
    prepared: bytes = b""  # pattern of the bytes of `prepare`, if they reach the upstream
    advertises: Callable = lambda client: False  # whether the proxy offers STARTTLS at this point
    speak: Callable = None  # sends a command inside TLS and reads the reply; default: `advertises`
    with_argument: dict = dataclasses.field(default_factory=dict)  # F3: STARTTLS that is refused: name → (bytes, pattern)
    # F4: the bytes of a second STARTTLS, by name.
    again: dict = dataclasses.field(default_factory=lambda: {"": lambda client: client.starttls_request()})
    ends_session: tuple = ()  # F4: (end, blame) of the record, in protocols where a second STARTTLS ends the session

    # The client role, facing the server.
    server_go_ahead: bytes = b""  # $TAG stands for the tag of our STARTTLS
    tails: dict = dataclasses.field(default_factory=dict)  # R1, R2: what follows the go-ahead, by name
    # R3: what the server sends too early, by name: one item at once, and one more after each command.
    premature: dict = dataclasses.field(default_factory=dict)
    wrong: dict = dataclasses.field(default_factory=dict)  # R3: what the server sends instead of the go-ahead
    r3_ends: tuple = ("protocol_error",)  # R3: the possible ends of the record
    opening: Callable = lambda place, client: None  # makes the proxy dial, in protocols whose client speaks first
    server_inside: bytes = b""  # what the server sends unasked inside TLS
    own_words: tuple = None  # like `asked`, in a session that fails; default: `asked`
    farewell: bytes = b""  # pattern of what the proxy may send after that
    unavailable: bytes = b""  # pattern of everything that the client receives once the upstream has failed

    def __repr__(self):
        return f"<Speech of {self.protocol}>"

    @property
    def malformed_data(self):
        return self.malformed.data

    def ready(self, place):
        """A client that may ask for TLS now."""
        client = place.arrive()
        self.prepare(client)
        return client

    def nothing_crossed(self, place, prepared=True):
        """Checks that the upstream got nothing but the proxy's own questions and, if `prepared`, the client's preparation."""
        if self.protocol == "postgres":
            assert place.upstream.connections == []
            return
        crossed = self.prepared if prepared and place.client == "opportunistic" else b""
        expected = (b"".join(self.asked) if place.server != "off" else b"") + crossed
        seen = all_seen(place)
        assert re.fullmatch(expected, seen, re.DOTALL), (expected, seen)

    def failed_on_server_leg(self, place, client, client_hello=False):
        """Checks a session that failed on the server leg.

        The client got our own error and nothing that was injected. The proxy did not dial again, and the upstream got
        nothing but the proxy's own words, and a ClientHello if `client_hello` is set.
        """
        heard = bytes(client.plain + client.inside)
        assert re.fullmatch(self.unavailable, heard, re.DOTALL), heard
        assert b"injected" not in heard
        assert len(place.upstream.connections) == 1, "no second attempt in plaintext"
        expected = rb"\x16\x03\x01.*" if client_hello else b""
        for step in reversed(self.asked if self.own_words is None else self.own_words):
            expected = b"(" + step + expected + b")?"
        seen = all_seen(place)
        assert re.fullmatch(expected + self.farewell, seen, re.DOTALL), seen


def _mail(protocol, hello):
    def prepare(client):
        assert b"STARTTLS" in client.hello()

    offer = b"250-injected\r\n250 STARTTLS\r\n"
    return Speech(
        protocol,
        go_ahead=rb"220 [^\r\n]*\r\n",
        asked=(hello + rb" \S+\r\n", rb"STARTTLS\r\n"),
        prepare=prepare,
        prepared=hello + rb" client\.example\.org\r\n",
        injected={
            "hello": hello + b" injected\r\n",
            "mail": b"MAIL FROM:<injected@example.com>\r\nRCPT TO:<injected@example.net>\r\nDATA\r\n",
            "quit": b"QUIT\r\n",
            "no-line": b"injected",
        },
        halves=(b"NO", b"OP\r\n"),
        advertises=lambda client: b"STARTTLS" in client.hello(),
        refusal=rb"503 5\.5\.1 ",
        malformed=Malformed(
            {
                "bare-lf": b"NOOP\nSTARTTLS\r\n",
                "lf-only": b"STARTTLS\n",
                "nul": b"STARTTLS\0\r\n",
                "nul-before": b"\0STARTTLS\r\n",
                "overlong": b"STARTTLS" + b" " * 20000 + b"\r\n",
                "cr-inside": b"START\rTLS\r\n",
            },
            rb"([45]\d\d [^\r\n]*\r\n)*",
        ),
        with_argument={"": (b"STARTTLS x\r\n", rb"501 ")},
        server_go_ahead=b"220 go\r\n",
        tails={
            "r1-a-reply": b"250-injected\r\n250 AUTH LOGIN\r\n",
            "r1-one-line": b"250 injected\r\n",
            "r1-two-go-aheads": b"220 injected\r\n",
            "r1-one-byte": b"\n",
            "r1-looks-like-tls": LOOKS_LIKE_TLS,
            "r2-unterminated": b"250-AUTH",
        },
        premature={
            "greeting-and-all": (smtp.BANNER + offer + b"220 go\r\n",),
            "greeting-and-hello": (smtp.BANNER + offer,),
            "greeting-and-a-piece": (smtp.BANNER + b"2",),
            "two-greetings": (smtp.BANNER + b"220 injected\r\n",),
            "hello-and-go-ahead": (smtp.BANNER, offer + b"220 go\r\n"),
            "hello-and-a-piece": (smtp.BANNER, offer + b"22"),
        },
        unavailable=rb"421 4\.[^\r\n]*\r\n",
    )


def _imap():
    banner = b"* OK [CAPABILITY IMAP4rev1 ID] injected\r\n"
    offer = b"* CAPABILITY STARTTLS\r\nstarlock1 OK injected\r\n"
    return Speech(
        "imap",
        go_ahead=rb"a1 OK [^\r\n]*\r\n",
        asked=(rb"starlock1 CAPABILITY\r\n", rb"starlock2 STARTTLS\r\n"),
        injected={
            "noop": b"QQ NOOP injected\r\n",
            "login": b"b LOGIN injected x\r\n",
            "logout": b"b LOGOUT\r\n",
            "no-line": b"injected",
        },
        halves=(b"b NO", b"OP injected\r\n"),
        advertises=lambda client: b"STARTTLS" in client.capabilities(),
        refusal=rb"a\d+ BAD ",
        malformed=Malformed(
            {
                "bare-lf": b"a NOOP\nb STARTTLS\r\n",
                "lf-only": b"a STARTTLS\n",
                "nul": b"a STARTTLS\0\r\n",
                "quote": b'a ID ("n {12}\r\n',
                "overlong": b"a NOOP " + b"x" * 20000 + b"\r\n",
            },
            rb"(\* BYE [^\r\n]*\r\n)?",
        ),
        with_argument={
            "argument": (b"a STARTTLS x\r\n", rb"\S+ BAD "),
            "two-spaces": (b"a  STARTTLS\r\n", rb"\S+ BAD "),
            "space-before": (b" a STARTTLS\r\n", rb"\S+ BAD "),
            "space-behind": (b"a STARTTLS \r\n", rb"\S+ BAD "),
            "tab": (b"a\tSTARTTLS\r\n", rb"\S+ BAD "),
        },
        server_go_ahead=b"$TAG OK\r\n",
        tails={
            "r1-capability": b"* CAPABILITY injected\r\nB OK\r\n",
            "r1-tagged": b"a1 OK injected\r\n",
            "r1-one-byte": b"\n",
            "r1-looks-like-tls": LOOKS_LIKE_TLS,
            "r2-unterminated": b"* CAP",
        },
        premature={
            "greeting-and-all": (banner + offer + b"starlock2 OK begin\r\n",),
            "greeting-and-capability": (banner + offer,),
            "greeting-and-a-piece": (banner + b"*",),
            "capability-and-go-ahead": (banner, offer + b"starlock2 OK\r\n"),
        },
        unavailable=rb"\* BYE \[UNAVAILABLE\] [^\r\n]*\r\n",
    )


def _listed(protocol, request, code, refusal, listing, unavailable, **row):
    """POP3 and NNTP: both list STARTTLS among capabilities, as words of their own."""

    def prepare(client):
        assert request in client.capabilities()

    command = {"pop3": b"CAPA", "nntp": b"CAPABILITIES"}[protocol]
    state = {"pop3": b"USER", "nntp": b"GROUP"}[protocol]
    banner = {"pop3": b"+OK old <1@old>\r\n", "nntp": b"200 old <1@old>\r\n"}[protocol]
    offer = listing + b"\r\n" + request + b"\r\n.\r\n"
    pattern = re.escape(code) + rb"[^\r\n]*\r\n"
    return Speech(
        protocol,
        go_ahead=pattern,
        asked=(command + b"\r\n", request + b"\r\n"),
        prepare=prepare,
        prepared=command + b"\r\n",
        injected={
            "capabilities": command + b"\r\n",
            "state": state + b" injected\r\n",
            "quit": b"QUIT\r\n",
            "no-line": b"injected",
        },
        halves=(b"QU", b"IT\r\n"),
        advertises=lambda client: request in client.capabilities(),
        refusal=refusal,
        malformed=Malformed(
            {
                "bare-lf": command + b"\n" + request + b"\r\n",
                "lf-only": request + b"\n",
                "nul": request + b"\0\r\n",
                "nul-before": b"\0" + request + b"\r\n",
                "overlong": request + b" " * 20000 + b"\r\n",
                "cr-inside": b"ST\rLS\r\n",
            },
            rb"([-45][^\r\n]*\r\n)*",
        ),
        server_go_ahead=code + b" go\r\n",
        tails={
            "r1-listing": listing + b"\r\ninjected\r\n.\r\n",
            "r1-one-byte": b"\n",
            "r1-looks-like-tls": LOOKS_LIKE_TLS,
            "r2-unterminated": listing + b" inj",
        },
        premature={
            "greeting-and-all": (banner + offer + code + b" injected\r\n",),
            "capabilities-and-go-ahead": (banner, offer + code + b" injected\r\n"),
        },
        unavailable=unavailable,
        **row,
    )


def _pop3():
    return _listed(
        "pop3", b"STLS", b"+OK", rb"-ERR ", b"+OK", rb"-ERR \[SYS/TEMP\] [^\r\n]*\r\n",
        with_argument={"": (b"STLS x\r\n", rb"-ERR ")},
    )  # fmt: skip


def _nntp():
    return _listed(
        "nntp", b"STARTTLS", b"382", rb"502 ", b"101 list", rb"400 [^\r\n]*\r\n",
        with_argument={"": (b"STARTTLS x\r\n", rb"501 ")},
    )  # fmt: skip


def _ftp():
    return Speech(
        "ftp",
        go_ahead=rb"234 [^\r\n]*\r\n",
        asked=(rb"AUTH TLS\r\n", rb"(PBSZ 0\r\nPROT P\r\n)?"),
        injected={"feat": b"FEAT injected\r\n", "user": b"USER injected\r\n", "quit": b"QUIT\r\n", "no-line": b"injected"},
        halves=(b"SY", b"ST\r\n"),
        advertises=lambda client: b"AUTH TLS" in client.features(),
        refusal=rb"503 ",
        malformed=Malformed(
            {
                "bare-lf": b"NOOP\nAUTH TLS\r\n",
                "lf-only": b"AUTH TLS\n",
                "nul": b"NO\0OP\r\n",
                "overlong": b"x" * 20000,
            },
            rb"500 [^\r\n]*\r\n",
        ),
        server_go_ahead=b"234 go\r\n",
        tails={
            "r1-reply": b"220 injected\r\n",
            "r1-one-byte": b"\n",
            "r1-looks-like-tls": LOOKS_LIKE_TLS,
            "r2-unterminated": b"230-inj",
        },
        premature={"greeting-and-go-ahead": (b"220 injected\r\n234 go\r\n",)},
        unavailable=rb"421 [^\r\n]*\r\n",
    )


def _irc():
    notice = b":s NOTICE * :injected\r\n"
    go = b":s 670 * :go\r\n"
    return Speech(
        "irc",
        go_ahead=rb"(:[^\r\n]* NOTICE [^\r\n]*\r\n)*:\S+ 670 [^\r\n]*\r\n(:[^\r\n]* NOTICE [^\r\n]*\r\n)*",
        asked=(rb"CAP LS\r\n", rb"STARTTLS\r\n", rb"(CAP END\r\n)?"),
        injected={"nick": b"NICK injected\r\n", "cap": b"CAP LS\r\n", "quit": b"QUIT\r\n", "no-line": b"injected"},
        halves=(b"QU", b"IT\r\n"),
        advertises=lambda client: b"tls" in client.capabilities(),
        refusal=rb"\S+ 691 ",
        malformed=Malformed(
            {
                "bare-lf": b"PING 1\nSTARTTLS\r\n",
                "lf-only": b"STARTTLS\n",
                "nul": b"STARTTLS\0\r\n",
                "nul-before": b"\0STARTTLS\r\n",
                "overlong": b"STARTTLS" + b" " * 20000 + b"\r\n",
                "cr-inside": b"START\rTLS\r\n",
            },
            rb"(:[^\r\n]* NOTICE [^\r\n]*\r\n)*(ERROR [^\r\n]*\r\n)?",
        ),
        with_argument={"": (b"STARTTLS x\r\n", rb"\S+ 691 ")},
        server_go_ahead=go,
        tails={
            "r1-welcome": b":s 001 a :injected\r\n",
            "r1-notice": notice,
            "r1-one-byte": b"\n",
            "r1-looks-like-tls": LOOKS_LIKE_TLS,
            "r2-unterminated": b":s 001 inj",
        },
        premature={
            "go-ahead": (go + b":s CAP * LS :injected\r\n",),
            "refusal": (b":s 691 * :injected\r\n",),
            "endless": (notice * 1000,),
            "no-line": (b"injected\n",),
        },
        unavailable=rb"ERROR :Closing Link: [^\r\n]*\r\n",
    )


def _ldap():
    success = ldap.result(1, ldap.EXTENDED_RESPONSE, 0)
    notice = rb"\x30.{1,5}\x02\x01\x00\x78.{1,5}\x0a\x01%s.*1\.3\.6\.1\.4\.1\.1466\.20036"
    bind = ldap.bind(2)

    def opening(place, client):
        client.send(ldap.starttls(1) if place.client == "required" else ldap.bind(5))

    return Speech(
        "ldap",
        go_ahead=re.escape(ldap.result(ldap.Client.NUMBER, ldap.EXTENDED_RESPONSE, 0)),
        asked=(b"(" + re.escape(ldap.starttls(1)) + b")?",),
        injected={
            "bind": bind,
            "starttls": ldap.starttls(2),
            "search": ldap.root_dse(2),
            "header": b"\x30",
            "no-message": b"x",
        },
        halves=(bind[:6], bind[6:]),
        advertises=lambda client: ldap.OID in client.ask(ldap.root_dse(25)),
        refusal=rb".{7}\x0a\x01\x01",
        malformed=Malformed(
            {
                "indefinite": b"\x30\x80" + ldap.starttls(1)[2:],
                "five-octets": b"\x30\x85\x00\x00\x00\x00\x1d",
                "no-sequence": b"\x1f\x81\x01",
                "http": b"GET / HTTP/1.0\r\n\r\n",
            },
            notice % rb".",
            dialled=False,
        ),
        with_argument={
            "": (
                ldap.message(1, ldap.EXTENDED, ldap.starttls(1)[7:] + ldap.element(0x81, b"x")),
                rb".{7}\x0a\x01\x02",
            )
        },
        server_go_ahead=success,
        tails={
            "r1-a-message": ldap.message(2, ldap.BIND_RESPONSE, b"injected"),
            "r1-bind-response": ldap.result(2, ldap.BIND_RESPONSE, 0),
            "r1-two-go-aheads": success,
            "r1-looks-like-tls": LOOKS_LIKE_TLS,
            "r2-header": b"\x30",
        },
        wrong={
            "other-id": ldap.result(2, ldap.EXTENDED_RESPONSE, 0),
            "other-operation": ldap.result(1, ldap.BIND_RESPONSE, 0),
            "other-both": ldap.result(5, ldap.BIND_RESPONSE, 0),
            "http": b"HTTP/1.1 400",
            "refusal-and-more": ldap.result(1, ldap.EXTENDED_RESPONSE, 2) + ldap.result(5, ldap.BIND_RESPONSE, 0),
        },
        r3_ends=("protocol_error", "starttls_not_offered"),
        farewell=b"(" + re.escape(ldap.message(2, ldap.UNBIND)) + b")?",
        opening=opening,
        unavailable=notice % rb"\x34",
    )


def _xmpp(protocol):
    def prepare(client):
        assert b"<starttls" in client.open()[1]

    def features(text):
        opened = xmpp.header(protocol, id=b"1", version=b"1.0")
        return opened + b"<stream:features>" + xmpp.STARTTLS + b"</stream:features>" + text

    failure = re.escape(xmpp.FAILURE + xmpp.END)
    injected_auth = xmpp.AUTH.replace(b"AGEAYg==", b"injected")
    return Speech(
        protocol,
        go_ahead=re.escape(xmpp.PROCEED),
        asked=(rb"((?!injected).)*",),
        prepare=prepare,
        prepared=rb"((?!injected).)*",
        injected={
            "auth": injected_auth,
            "stream": xmpp.header(protocol, to=b"injected", version=b"1.0"),
            "stanza": b"<iq type='get' id='injected'/>",
            "text": b"injected",
            "space": b" ",
        },
        halves=(injected_auth[:20], injected_auth[20:]),
        advertises=lambda client: b"<starttls" in client.open()[1],
        refusal=failure + b"|" + re.escape(xmpp.THEIR_FAILURE + xmpp.END),
        malformed=Malformed(
            {
                "comment": b"<!-- injected -->",
                "instruction": b"<?injected x?>",
                "entity": b"<a>&injected;</a>",
                "doctype": b"<!DOCTYPE injected>",
                "endless": b"<a injected='" + b"x" * 20000,
                "text": b"injected" + xmpp.STARTTLS,
            },
            rb"<stream:error .*" + re.escape(xmpp.END),
        ),
        ends_session=("closed", "none"),
        server_go_ahead=xmpp.PROCEED,
        tails={
            "r1-features": b"<stream:features><injected/></stream:features>",
            "r1-stream": b"<stream:stream injected='1'>",
            "r1-space": b"\n",
            "r1-looks-like-tls": LOOKS_LIKE_TLS,
            "r2-unterminated": b"<stream:feat",
        },
        premature={
            "features-and-go-ahead": (b"", features(xmpp.PROCEED)),
            "space": (b"", features(b" ")),
            "a-piece": (b"", features(b"<")),
        },
        wrong={
            "space-before": b" " + xmpp.PROCEED,
            "features": b"<stream:features><injected/></stream:features>",
            "success": xmpp.SUCCESS,
            "another-namespace": b"<proceed xmlns='injected'/>",
            "message": b"<message><body>injected</body></message>" + xmpp.PROCEED,
        },
        opening=lambda place, client: client.open(),
        unavailable=rb".*<remote-connection-failed .*" + re.escape(xmpp.END),
    )


def _acap():
    greeting = b'* ACAP (IMPLEMENTATION "injected") ' + acap.OFFER + b"\r\n"
    return Speech(
        "acap",
        go_ahead=rb"a1 OK [^\r\n]*\r\n",
        asked=(rb"\w+ STARTTLS\r\n",),
        injected={
            "noop": b"injected NOOP\r\n",
            "login": b'b AUTHENTICATE "PLAIN" "injected"\r\n',
            "no-line": b"injected",
            "empty-line": b"\r\n",
        },
        halves=(b"b NO", b"OP\r\n"),
        advertises=lambda client: b" (STARTTLS) " in client.greeting,
        speak=lambda client: client.command(b"NOOP"),
        refusal=rb"a1 BAD ",
        malformed=Malformed(
            {
                "bare-lf": b"a NOOP\na STARTTLS\r\n",
                "lf-only": b"a STARTTLS\n",
                "nul": b"a STARTTLS\0\r\n",
                "two-cr": b"a STARTTLS\r\r\n",
                "quote": b'a NOOP "\r\na STARTTLS\r\n',
                "brace": b"a LANG x{8+}\r\n",
                "overlong": OVERLONG,
            },
            rb'\* BYE "Syntax error: [^\r\n]*\r\n',
        ),
        with_argument={"": (b'a1 STARTTLS "x"\r\n', rb"a1 BAD ")},
        server_go_ahead=b'$TAG OK ""\r\n',
        server_inside=b'* ACAP (IMPLEMENTATION "inside") (SASL "PLAIN")\r\n',
        tails={
            "r1-greeting": b'* ACAP (SASL "injected")\r\n',
            "r1-tagged": b'$TAG OK "injected"\r\n',
            "r1-one-byte": b"\n",
            "r1-looks-like-tls": LOOKS_LIKE_TLS,
            "r2-unterminated": b"* injec",
        },
        premature={
            "greeting-and-go-ahead": (greeting + b'starlock OK ""\r\n',),
            "greeting-and-a-piece": (greeting + b"*",),
            "two-greetings": (greeting * 2,),
        },
        wrong={
            "other-tag": b'other OK "injected"\r\n',
            "continuation": b'+ "injected"\r\n',
            "a-string": b'$TAG "OK"\r\n',
            "longer-tag": b'$TAGx OK ""\r\n',
        },
        unavailable=rb'\* BYE \(TRYLATER\) "[^"\r\n]*"\r\n',
    )


def _managesieve():
    greeting = managesieve.OFFER + b"\r\n" + managesieve.READY
    return Speech(
        "managesieve",
        go_ahead=rb"OK[^\r\n]*\r\n",
        asked=(rb"STARTTLS\r\n",),
        injected={
            "noop": b'NOOP "injected"\r\n',
            "login": b'AUTHENTICATE "PLAIN" "injected"\r\n',
            "no-line": b"injected",
            "empty-line": b"\r\n",
        },
        halves=(b"NO", b'OP "injected"\r\n'),
        advertises=lambda client: managesieve.OFFER in client.greeting + client.command(b"CAPABILITY"),
        refusal=rb"NO ",
        malformed=Malformed(
            {
                "bare-lf": b"NOOP\nSTARTTLS\r\n",
                "lf-only": b"STARTTLS\n",
                "nul": b"STARTTLS\0\r\n",
                "two-cr": b"STARTTLS\r\r\n",
                "quote": b'NOOP "\r\nSTARTTLS\r\n',
                "synchronising": b"NOOP {8}\r\nSTARTTLS\r\n",
                "brace": b"NOOP x{8+}\r\nSTARTTLS\r\n",
                "overlong": OVERLONG,
            },
            rb'BYE "Syntax error: [^\r\n]*\r\n',
        ),
        with_argument={"": (b'STARTTLS "x"\r\n', rb"NO ")},
        server_go_ahead=b"OK\r\n",
        server_inside=b'"SASL" "PLAIN"\r\nOK "inside"\r\n',
        tails={
            "r1-capabilities": b'"SASL" "injected"\r\nOK\r\n',
            "r1-one-line": b'OK "injected"\r\n',
            "r1-one-byte": b"\n",
            "r1-looks-like-tls": LOOKS_LIKE_TLS,
            "r2-unterminated": b'"injec',
        },
        premature={
            "greeting-and-go-ahead": (greeting + b"OK\r\n",),
            "greeting-and-a-piece": (greeting + b"O",),
            "two-greetings": (greeting * 2,),
        },
        wrong={
            "capabilities": b'"SASL" "injected"\r\nOK\r\n',
            "a-code": b"220 injected\r\nOK\r\n",
            "a-string": b'"OK" "injected"\r\nOK\r\n',
        },
        unavailable=rb'BYE \(TRYLATER\) "[^"\r\n]*"\r\n',
    )


def _postgres():
    startup = postgres.startup(b"injected")

    def opening(place, client):
        if place.client == "required":
            client.upgrade(place.rig.certs.client_context())
        client.send(postgres.startup())

    def error(code):
        field = rb"([A-Z][^\x00]*\x00)*"
        return rb"E.{4}" + field + b"C" + code + rb"\x00" + field + rb"\x00"

    return Speech(
        "postgres",
        go_ahead=rb"S",
        injected={
            "startup": startup,
            "startup-and-query": startup + postgres.query(b"drop"),
            "cancel": postgres.cancel(key=b"injected"),
            "gss": postgres.GSS,
            "ssl": postgres.SSL,
            "one-byte": b"x",
        },
        halves=(startup[:6], startup[6:]),
        speak=lambda client: client.login(),
        refusal=error(b"0A000"),
        malformed=Malformed(
            {
                "too-short": b"\x00\x00\x00\x07",
                "too-long": b"\x00\x00\x27\x15",
                "http": b"GET / HTTP/1.0\r\n\r\n",
                "nine-bytes": b"\x00\x00\x00\x09" + postgres.SSL[4:],
            },
            error(b"08P01"),
            dialled=False,
        ),
        again={"ssl": lambda _: postgres.SSL + startup, "gss": lambda _: postgres.GSS + startup},
        ends_session=("protocol_error", "client"),
        server_go_ahead=b"S",
        tails={
            "r1-authentication-ok": b"R\x00\x00\x00\x08\x00\x00\x00\x00",
            "r1-one-byte": b"x",
            "r1-looks-like-tls": LOOKS_LIKE_TLS,
            "r1-two-go-aheads": b"S",
            "r2-half-a-message": b"R\x00\x00",
        },
        premature={
            "go-ahead": (b"Sinjected",),
            "refusal": (b"Ninjected",),
            "authentication-ok": (b"R\x00\x00\x00\x08\x00\x00\x00\x00injected",),
        },
        wrong={"refusal-and-a-message": b"NR\x00\x00\x00\x08\x00\x00\x00\x00", "refusal-and-text": b"Ninjected"},
        r3_ends=("protocol_error", "plaintext_after_starttls", "starttls_not_offered"),
        own_words=(re.escape(postgres.SSL),),
        opening=opening,
        unavailable=b"S?" + error(b"08006"),
    )


def _mysql():
    def opening(place, client):
        if client.greeting[:1] == b"\xff":  # an error instead of a greeting
            return
        upgrades = place.client == "required"
        if upgrades:
            client.upgrade(place.rig.certs.client_context())
        client.send(mysql.response(2 if upgrades else 1, upgrades))

    second = mysql.packet(2, mysql.SSL_REQUEST[4:])
    return Speech(
        "mysql",
        go_ahead=b"",
        injected={"response": mysql.response(2, True)},
        halves=(mysql.response(2, True)[:9], mysql.response(2, True)[9:]),
        speak=lambda client: client.log_in(2, True),
        refusal=rb".{3}.\xff\x13\x04.*",
        malformed=Malformed(
            {
                "response-that-asks-for-tls": mysql.response(1, True),
                "wrong-number": second,
                "too-long": mysql.packet(1, mysql.SSL_REQUEST[4:] + b"x"),
            },
            rb".{4}\xff\x13\x04.*",
        ),
        again={"": lambda _: second},
        ends_session=("protocol_error", "client"),
        tails={
            "r1-ok": mysql.packet(2, mysql.OK),
            "r2-one-byte": b"\x07",
        },
        premature={"behind-the-greeting": (mysql.greeting(True) + mysql.packet(2, mysql.OK),)},
        opening=opening,
        own_words=(re.escape(mysql.SSL_REQUEST),),
        unavailable=rb".*\xff\x51\x04((?!mysql_clear_password).)*",
    )


SPEECH = {
    row.protocol: row
    for row in (
        _mail("smtp", b"EHLO"), _mail("lmtp", b"LHLO"), _imap(), _pop3(), _nntp(), _ftp(), _irc(), _ldap(), _xmpp("xmpp"),
        _xmpp("xmpp-server"), _acap(), _managesieve(), _postgres(), _mysql(),
    )
}  # fmt: skip

# The modes (client leg, server leg) in which each role upgrades.
FACING_CLIENT = [(client, server) for client in ("opportunistic", "required") for server in ("off", "required")]
FACING_SERVER = [(client, server) for client in ("off", "required") for server in ("opportunistic", "required")]


def pairs(modes):
    """The listeners that the attacks need in these modes."""
    return [(protocol, *pair) for protocol in SPEECH for pair in modes]


def each(modes, field=None, protocols=SPEECH, without=()):
    """Parametrises a test over (row, modes, data): every protocol and mode, and every entry of the row's `field`.

    Without a field, `data` is None. `without`: pairs of a protocol and a client mode that are left out.
    """
    cases = []
    for protocol in protocols:
        row = SPEECH[protocol]
        for pair in (pair for pair in modes if (protocol, pair[0]) not in without):
            for name, data in getattr(row, field).items() if field else [("", None)]:
                ident = "-".join(filter(None, (protocol, *map(str, pair), name)))
                cases.append(pytest.param(row, pair, data, id=ident))
    return pytest.mark.parametrize("row,modes,data", cases)

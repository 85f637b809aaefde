"""`starlock probe` against working, broken and hostile servers."""

import json
import socket
import subprocess

import pytest

from pysupport.proxy import BINARY
from pysupport.smtp import BANNER, Server
from pysupport.terminal import on_a_terminal
from pysupport.timing import STEP
from pysupport.upstream import Upstream, refusing_port, silent

KEYS = [
    "protocol", "target", "address", "greeting", "capabilities_before", "starttls", "tls", "chain", "verification",
    "capabilities_after", "warnings", "error",
]  # fmt: skip
CERTIFICATE_KEYS = [
    "subject", "issuer", "names", "not_before", "not_after", "days_left", "key_type", "pin"
]  # fmt: skip
OUTSIDE = ["PIPELINING", "STARTTLS", "SIZE 400000000", "8BITMIME", "ENHANCEDSTATUSCODES"]
INSIDE = [word for word in OUTSIDE if word != "STARTTLS"]


def run(*arguments):
    done = subprocess.run(
        [BINARY, "probe", *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=STEP, check=False
    )
    # Neither output may ever contain control characters for the terminal.
    for byte in done.stdout + done.stderr:
        assert byte == 10 or 32 <= byte < 127, done
    return done


class Probed:
    """The result of probing a behaviour, as JSON and as text; both must agree."""

    def __init__(self, behaviour, *arguments, protocol="smtp", host="localhost"):
        self.upstream = Upstream(behaviour)
        target = f"{host}:{self.upstream.port}"
        self.json = run("--protocol", protocol, target, "--json", *arguments)
        self.text = run("--protocol", protocol, target, *arguments)
        assert self.json.returncode == self.text.returncode
        self.status = self.json.returncode
        self.report = json.loads(self.json.stdout)
        assert list(self.report) == KEYS
        self.words = self.text.stdout.decode()
        error = self.report["error"]
        assert (error is None) == (self.status == 0)
        if error is not None:
            assert list(error) == ["end", "message"]
            assert self.text.stderr.decode().startswith("starlock probe: ")
        self.end = error and error["end"]


def test_all_that_a_good_server_offers(certs):
    probed = Probed(Server(tls=certs.server_context()), "--ca", certs.ca)
    report = probed.report
    assert probed.status == 0
    assert report["protocol"] == "smtp"
    assert report["target"].startswith("localhost:")
    assert report["address"] == f"127.0.0.1:{probed.upstream.port}"
    assert report["greeting"] == BANNER.decode().strip()
    assert report["capabilities_before"] == OUTSIDE
    assert report["starttls"] is True
    assert list(report["tls"]) == ["version", "cipher", "group"]
    assert report["tls"]["version"] == "TLSv1.3"
    assert report["tls"]["cipher"].startswith("TLS_")
    assert report["tls"]["group"].startswith("X25519")
    (certificate,) = report["chain"]
    assert list(certificate) == CERTIFICATE_KEYS
    assert certificate["subject"] == "CN=ecdsa"
    assert certificate["issuer"] == "CN=Test ca"
    assert certificate["names"] == ["localhost", "127.0.0.1", "::1"]
    assert certificate["days_left"] in (29, 30)
    assert certificate["key_type"] == "ECDSA P-256"
    assert certificate["pin"] == pin_of(certs.ecdsa.chain)
    assert report["verification"] == {"result": "passed", "reason": None, "server_name": "localhost"}
    assert report["capabilities_after"] == INSIDE
    assert report["warnings"] == []
    for part in ("TLSv1.3", "X25519", certificate["pin"], "passed for localhost", "STARTTLS      offered"):
        assert part in probed.words
    # The probe asks its questions and ends the session in order.
    channel = probed.upstream.finished()
    name = socket.gethostname().encode()
    assert bytes(channel.plain) == b"EHLO " + name + b"\r\nSTARTTLS\r\n"
    assert bytes(channel.inside) == b"EHLO " + name + b"\r\nQUIT\r\n"


def pin_of(path):
    """The same fact according to OpenSSL."""
    key = subprocess.run(["openssl", "x509", "-in", path, "-noout", "-pubkey"], capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, capture_output=True, check=True)
    digest = subprocess.run(["openssl", "dgst", "-sha256", "-binary"], input=der.stdout, capture_output=True, check=True)
    return "sha256/" + subprocess.run(
        ["openssl", "base64"], input=digest.stdout, capture_output=True, check=True
    ).stdout.decode().strip()  # fmt: skip


def test_lmtp(certs):
    probed = Probed(Server(protocol="lmtp", tls=certs.server_context()), "--ca", certs.ca, protocol="lmtp")
    assert probed.status == 0
    assert probed.report["capabilities_after"] == INSIDE


def test_tcp_is_tls_at_once(certs):
    probed = Probed(Server(tls=certs.server_context(certs.rsa), implicit=True), "--ca", certs.ca, protocol="tcp")
    assert probed.status == 0
    assert probed.report["greeting"] is probed.report["starttls"] is None
    assert probed.report["chain"][0]["key_type"] == "RSA 2048"


def test_an_address_is_verified_as_one(certs):
    probed = Probed(Server(tls=certs.server_context()), "--ca", certs.ca, host="127.0.0.1")
    assert probed.status == 0


def test_another_name(certs):
    probed = Probed(
        Server(tls=certs.server_context(certs.wrong_name)), "--ca", certs.ca, "--server-name", "elsewhere.example"
    )
    assert probed.status == 0
    assert probed.report["verification"]["server_name"] == "elsewhere.example"


@pytest.mark.parametrize(
    "leaf, reason", [("expired", "expired"), ("wrong_name", "localhost"), ("unknown_ca", "issuer certificate")]
)
def test_a_bad_certificate_is_told_with_all_the_rest(certs, leaf, reason):
    server = Server(tls=certs.server_context(getattr(certs, leaf)))
    probed = Probed(server, "--ca", certs.ca)
    assert probed.status == 1
    assert probed.end == "verify_failed"
    assert probed.report["verification"]["result"] == "failed"
    assert reason in probed.report["verification"]["reason"]
    assert "failed: " in probed.words
    assert probed.report["tls"]["version"] == "TLSv1.3"
    assert probed.report["capabilities_after"] == INSIDE
    assert (probed.report["chain"][0]["days_left"] < 0) == (leaf == "expired")

    probed = Probed(server, "--insecure")
    assert probed.status == 0
    assert probed.report["verification"]["result"] == "not_verified"
    assert "not verified" in probed.words


def test_no_starttls(certs):
    probed = Probed(Server(), "--ca", certs.ca)
    assert (probed.status, probed.end) == (1, "starttls_not_offered")
    assert probed.report["starttls"] is False
    assert probed.report["capabilities_before"] == INSIDE
    assert probed.report["tls"] is None
    assert "not offered" in probed.words
    assert bytes(probed.upstream.finished().plain).endswith(b"QUIT\r\n")


@pytest.mark.parametrize(
    "action, end",
    [
        (b"454 4.7.0 not now\r\n", "starttls_refused"),
        (b"220 go\r\n250-old\r\n250 AUTH LOGIN\r\n", "plaintext_after_starttls"),
        (b"220 go\r\n250-AUTH", "plaintext_after_starttls"),
        (b"220 go\n", "protocol_error"),
        (b"\x00\r\n", "protocol_error"),
    ],
)
def test_answers_to_starttls(certs, action, end):
    probed = Probed(Server(tls=certs.server_context(), on={b"STARTTLS": action}), "--ca", certs.ca)
    assert (probed.status, probed.end) == (1, end)
    assert probed.report["starttls"] is True
    assert probed.report["tls"] is probed.report["capabilities_after"] is None


def test_plaintext_a_moment_after_the_go_ahead(certs):
    def late(channel, _):
        channel.send(b"220 go\r\n")
        channel.exactly(1)  # the ClientHello has been sent, so only TLS reads now
        channel.send(b"250 AUTH LOGIN\r\n")
        channel.rest()
        return False

    probed = Probed(Server(tls=certs.server_context(), on={b"STARTTLS": late}), "--ca", certs.ca)
    assert (probed.status, probed.end) == (1, "plaintext_after_starttls")
    assert probed.report["capabilities_after"] is None


def test_answers_before_the_question(certs):
    early = BANNER + b"250-old\r\n250 STARTTLS\r\n220 go\r\n"
    probed = Probed(Server(tls=certs.server_context(), banner=early), "--ca", certs.ca)
    assert (probed.status, probed.end) == (1, "protocol_error")
    assert probed.report["capabilities_before"] is None


def test_hostile_text(certs):
    evil = b"\x1b]0;owned\x07\x1b[2J\x9b31m\xc2\x9b\x08\x7f\xff\\"
    probed = Probed(
        Server(tls=certs.server_context(), banner=b"220 " + evil + b"\r\n", capabilities=(evil, b"SIZE 1")),
        "--ca", certs.ca,
    )  # fmt: skip
    assert probed.status == 0
    assert r"220 \x1b]0;owned\x07\x1b[2J\x9b31m\xc2\x9b\x08\x7f\xff\\" in probed.words
    assert probed.report["greeting"].startswith("220 \x1b]0;owned\x07")


def test_an_endless_greeting(certs):
    probed = Probed(Server(banner=b"220-more\r\n" * 10000), "--ca", certs.ca)
    assert (probed.status, probed.end) == (1, "protocol_error")


def test_no_tls_where_there_should_be(certs):
    probed = Probed(Server(), "--ca", certs.ca, protocol="tcp")
    assert (probed.status, probed.end) == (1, "handshake_failed")


def resets_in_mid_dialogue(channel):
    channel.send(b"220 here for now\r\n")
    channel.line()
    channel.reset()


def test_a_server_that_goes_away(certs):
    probed = Probed(lambda channel: None, "--ca", certs.ca)
    assert (probed.status, probed.end) == (1, "closed")
    probed = Probed(resets_in_mid_dialogue, "--ca", certs.ca)
    assert (probed.status, probed.end) == (1, "reset")


def test_nobody_there(certs):
    holder, port = refusing_port()
    with holder:
        done = run("--protocol", "smtp", f"127.0.0.1:{port}", "--json", "--ca", certs.ca)
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["error"]["end"] == "connect_failed"
    assert report["address"] is None


def test_a_silent_server_is_given_ten_seconds(certs):
    upstream = Upstream(silent)
    done = run("--protocol", "smtp", upstream.address, "--json", "--ca", certs.ca)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["end"] == "timeout"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--protocol", "smtq", "localhost"),
        ("--protocol", "tcp", "localhost"),
        ("--protocol", "smtp", "localhost:70000"),
        ("--protocol", "smtp"),
        ("localhost",),
        ("--protocol", "smtp", "localhost", "--ca", "/nonexistent/ca.pem"),
        ("--protocol", "smtp", "localhost", "--ca", "x", "--insecure"),
    ],
)
def test_a_wrong_command_line(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.startswith(b"starlock probe: ")


def test_colours_on_a_terminal_alone(certs):
    upstream = Upstream(Server(tls=certs.server_context()))
    command = [BINARY, "probe", "--protocol", "smtp", f"localhost:{upstream.port}", "--ca", certs.ca]
    for environment, coloured in (
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ):
        status, written = on_a_terminal(command, **environment)
        assert status == 0
        assert (b"\x1b[" in written) == coloured, environment

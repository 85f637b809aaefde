"""TLS itself: renegotiation (T3), ALPN and host names (A1), versions and certificates."""

import ssl
import subprocess

import pytest
from common import control

from pysupport.channel import Ended
from pysupport.rig import Rig
from pysupport.smtp import BANNER, Server
from pysupport.timing import Deadline

PAIRS = [("smtp", c, s) for c in ("required", "implicit") for s in ("off",)] + [("smtp", "off", "implicit")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, PAIRS)
    yield rig
    rig.close()


def s_client(place, certs, *options, stdin=b""):
    """Runs openssl s_client through the listener with this input; returns its exit status and its output."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{place.port}", "-CAfile", certs.ca, "-servername"]
    command += ["localhost", "-verify_return_error", *options]
    if place.client == "required":
        command += ["-starttls", "smtp"]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=Deadline().left())
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


@pytest.mark.parametrize("mode", ["required", "implicit"])
def test_t3_renegotiation_by_the_client(rig, certs, mode):
    place = rig.at("smtp", mode, "off")
    place.serve(Server())
    status, text = s_client(place, certs, "-tls1_2", stdin=b"R\nQUIT\n")
    assert "RENEGOTIATING" in text, text
    assert status != 0 or "no renegotiation" in text.lower(), text
    # The client may have left before the upstream was dialled.
    record = rig.proxy.record(where=lambda each: each["listener"] == place.name)
    assert record["server"] is None or b"QUIT" not in place.upstream.finished().plain


@pytest.mark.parametrize("mode", ["required", "implicit"])
def test_t3_control(rig, certs, mode):
    place = rig.at("smtp", mode, "off")
    place.serve(Server())
    status, text = s_client(place, certs, "-tls1_2", "-crlf", "-quiet", "-no_ign_eof", stdin=b"EHLO x\nQUIT\n")
    assert status == 0, text
    assert place.upstream.finished().plain.endswith(b"EHLO x\r\nQUIT\r\n"), text


@pytest.mark.parametrize(("algorithms", "accepted"), [("RSA+SHA1:ECDSA+SHA1", False), ("RSA+SHA1:RSA+SHA256", True)])
def test_sha1_is_never_our_signature(rig, certs, algorithms, accepted):
    place = rig.at("smtp", "implicit", "off")
    place.serve(Server())
    options = ["-tls1_2", "-cipher", "ALL@SECLEVEL=0", "-sigalgs", algorithms, "-crlf", "-quiet", "-no_ign_eof"]
    status, text = s_client(place, certs, *options, stdin=b"QUIT\n")
    assert (status == 0) == accepted, text
    assert accepted or "handshake failure" in text, text


def test_t3_renegotiation_by_the_server(certs, folder):
    """A HelloRequest from the server ends the session."""
    with ServerProgram(certs, "-tls1_2") as program:
        rig = Rig(certs, folder, [("tcp", "off", "implicit")], server={"address": f"127.0.0.1:{program.port}"})
        client = rig.at("tcp", "off", "implicit").dial()
        # s_server may lose input that it reads before its handshake is complete.
        client.send(b"are you there\n")
        program.hear(b"are you there")
        program.say(b"hello before\n")
        assert client.line() == b"hello before\n"
        program.say(b"R\n")
        client.rest()
        client.close()
        record = rig.proxy.record(client)
        rig.close()
    assert record["end"] != "closed" and record["blame"] == "server", record
    assert record["server_tls"]["version"] == "TLSv1.2"


class ServerProgram:
    """openssl s_server: unlike Python's ssl module, it can request renegotiation."""

    def __init__(self, certs, *options):
        leaf = certs.ecdsa
        # -nbio: otherwise s_server may block in a network read and not see its standard input.
        command = ["openssl", "s_server", "-nbio", "-accept", "127.0.0.1:0", "-cert", leaf.chain, "-key", leaf.key, *options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.port = None
        for line in self.process.stdout:
            if line.startswith(b"ACCEPT"):
                self.port = int(line.rpartition(b":")[2])
                return
        raise AssertionError("openssl s_server did not start")

    def say(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def hear(self, text):
        for line in self.process.stdout:
            if text in line:
                return
        raise AssertionError(f"openssl s_server ended before {text!r}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


@pytest.mark.parametrize("mode", ["required", "implicit"])
def test_a1_alpn_without_overlap(rig, certs, mode):
    place = rig.at("smtp", mode, "off")
    place.serve(Server())
    client = place.dial()
    context = certs.client_context(alpn=["http/1.1", "h2"])
    with pytest.raises((ssl.SSLError, Ended)) as failure:
        if mode == "required":
            assert client.reply() == BANNER
            client.hello()
            client.upgrade(context)
        else:
            client.start_tls(context, "localhost")
    assert "no application protocol" in str(failure.value), failure.value
    client.close()
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("handshake_failed", "client")


@pytest.mark.parametrize("mode", ["required", "implicit"])
@pytest.mark.parametrize("alpn", [None, ["smtp"], ["h2", "smtp"]])
def test_a1_control(rig, certs, mode, alpn):
    place = rig.at("smtp", mode, "off")
    fake = Server()
    place.serve(fake)
    client = place.dial()
    if mode == "required":
        client.reply()
        client.hello()
        client.upgrade(certs.client_context(alpn=alpn))
    else:
        client.start_tls(certs.client_context(alpn=alpn), "localhost")
        client.reply()
    assert client.tls.selected_alpn_protocol() == (alpn and "smtp")
    control(place, client)


def test_a1_a_name_that_is_not_ours(rig, certs):
    """A client that expects another name gets our certificate and rejects it."""
    place = rig.at("smtp", "required", "off")
    client = place.serve(Server()).arrive()
    client.hello()
    with pytest.raises(ssl.SSLError):
        client.upgrade(certs.client_context(), hostname="elsewhere.example")
    client.close()
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("handshake_failed", "client")


def test_sni_is_logged(rig, certs):
    place = rig.at("smtp", "required", "off")
    fake = Server()
    client = place.serve(fake).arrive()
    client.hello()
    client.upgrade(certs.client_context())
    assert control(place, client)["sni"] == "localhost"


@pytest.mark.parametrize("mode", ["required", "implicit"])
@pytest.mark.parametrize("ciphers", ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"])
def test_the_certificate_the_client_can_use(rig, certs, mode, ciphers):
    """Two certificates for one name: the client gets the one that its ciphers can use."""
    place = rig.at("smtp", mode, "off")
    fake = Server()
    place.serve(fake)
    context = certs.client_context(highest=ssl.TLSVersion.TLSv1_2, ciphers=ciphers)
    client = place.dial()
    if mode == "required":
        client.reply()
        client.hello()
        client.upgrade(context)
    else:
        client.start_tls(context, "localhost")
        client.reply()
    assert client.tls.cipher()[0] == ciphers
    tls = control(place, client)["client_tls"]
    assert (tls["version"], tls["cipher"]) == ("TLSv1.2", f"TLS_ECDHE_{ciphers[6:-18]}_WITH_AES_128_GCM_SHA256")


def test_tls_1_1_is_too_old(rig, certs):
    place = rig.at("smtp", "implicit", "off")
    place.serve(Server())
    status, text = s_client(place, certs, "-tls1_1", "-cipher", "ALL@SECLEVEL=0")
    assert status != 0 and "alert protocol version" in text, text

"""What `verify`, `server_name` and `pins` accept as a server's certificate."""

import base64
import hashlib
import subprocess

import pytest

from pysupport.rig import Rig
from pysupport.smtp import BANNER, Server

LEAVES = ("ecdsa", "expired", "wrong_name", "unknown_ca")
# verify → the certificates that it accepts
ACCEPTED = {"full": {"ecdsa"}, "chain": {"ecdsa", "wrong_name"}, "none": set(LEAVES)}


def pin(leaf):
    """sha256/… of the certificate's public key (RFC 7469 section 2.4)."""

    def openssl(*arguments, data=None):
        return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout

    public = openssl("x509", "-in", leaf.chain, "-noout", "-pubkey")
    der = openssl("pkey", "-pubin", "-outform", "DER", data=public)
    return "sha256/" + base64.b64encode(hashlib.sha256(der).digest()).decode()


def outcome(certs, folder, leaf, server, mode="required"):
    """The record of a session with a server that has the certificate `leaf`."""
    rig = Rig(certs, folder, [("smtp", "off", mode)], server=server)
    try:
        place = rig.at("smtp", "off", mode)
        place.serve(Server(tls=certs.server_context(getattr(certs, leaf)), implicit=mode == "implicit"))
        client = place.arrive()
        if client.greeting == BANNER:
            client.hello()
            client.quit()
        else:
            assert client.greeting.startswith(b"421 4."), client.greeting
            client.rest()
            client.close()
        place.upstream.finished()
        return place.record(client)
    finally:
        rig.close()


def accepted(record):
    if record["end"] == "closed":
        assert record["server_tls"]["version"] == "TLSv1.3"
        return True
    assert (record["end"], record["blame"]) == ("verify_failed", "server"), record
    return False


@pytest.mark.parametrize("leaf", LEAVES)
@pytest.mark.parametrize("verify", ACCEPTED)
@pytest.mark.parametrize("mode", ["required", "implicit"])
def test_verify(certs, folder, verify, leaf, mode):
    server = {"verify": verify} if verify != "none" else {"verify": "none", "ca": None}
    server = {key: value for key, value in {"ca": certs.ca, **server}.items() if value is not None}
    assert accepted(outcome(certs, folder, leaf, server, mode)) == (leaf in ACCEPTED[verify])


@pytest.mark.parametrize("server_name,good", [("localhost", True), ("127.0.0.1", True), ("127.0.0.2", False),
                                              ("elsewhere.example", False), ("LOCALHOST", True)])  # fmt: skip
def test_names(certs, folder, server_name, good):
    assert accepted(outcome(certs, folder, "ecdsa", {"server_name": server_name})) == good


@pytest.mark.parametrize("leaf", LEAVES)
def test_a_pin_alone(certs, folder, leaf):
    """With `verify: none`, only the key counts."""
    server = {"verify": "none", "pins": [pin(certs.ecdsa)]}
    assert accepted(outcome(certs, folder, leaf, server)) == (leaf == "ecdsa")


def test_a_pin_beside_verification(certs, folder):
    assert accepted(outcome(certs, folder, "ecdsa", {"pins": [pin(certs.ecdsa)]}))
    assert not accepted(outcome(certs, folder, "ecdsa", {"pins": [pin(certs.rsa)]}))
    assert accepted(outcome(certs, folder, "ecdsa", {"pins": [pin(certs.rsa), pin(certs.ecdsa)]}))
    assert not accepted(outcome(certs, folder, "wrong_name", {"pins": [pin(certs.wrong_name)]}))


def test_a_pin_with_opportunistic(certs, folder):
    assert accepted(outcome(certs, folder, "unknown_ca", {"verify": "none", "pins": [pin(certs.unknown_ca)]}, "opportunistic"))
    assert not accepted(outcome(certs, folder, "ecdsa", {"verify": "none", "pins": [pin(certs.rsa)]}, "opportunistic"))

"""ACAP end to end with our own reference server (no ACAP server is maintained), and `starlock probe`."""

import hashlib
import json
import os
import subprocess

import pytest

from pysupport.acap import Client, Server
from pysupport.proxy import BINARY
from pysupport.timing import STEP
from pysupport.upstream import Upstream

LEGS = {"front": ("required", "off"), "sidecar": ("off", "required"), "gateway": ("implicit", "required")}


@pytest.fixture(scope="module")
def upstreams(certs):
    """By the mode of the server leg: one server without TLS, one that offers it."""
    return {"off": Upstream(Server()), "required": Upstream(Server(tls=certs.server_context()))}


@pytest.fixture(scope="module")
def legs(upstreams, front):
    return front(
        {name: ("acap", client, {"address": upstreams[server].address, "tls": server})
         for name, (client, server) in LEGS.items()}
    )  # fmt: skip


@pytest.mark.parametrize("name", LEGS)
def test_large_values(legs, certs, name):
    client = Client(legs.port(name))
    if name == "gateway":
        client.start_tls(certs.client_context(), "localhost")
    client.arrive()
    if name == "front":
        client.upgrade(certs.client_context())
    assert client.login() == b'a1 OK "welcome"\r\n'
    value = os.urandom(2_000_000)
    assert client.store(f"/{name}/big".encode(), b"value", value) == b'a1 OK "stored"\r\n'
    found = client.search(f"/{name}/".encode(), b"value")
    assert hashlib.sha256(found[b"big"]).digest() == hashlib.sha256(value).digest()
    client.quit()
    record = legs.record(name)
    assert (record["end"], record["blame"]) == ("closed", "none")
    assert (record["client_tls"] != "plain", record["server_tls"] != "plain") == (name != "sidecar", name != "front")
    assert record["bytes_in"] > len(value) and record["bytes_out"] > len(value)


def probe(certs, port):
    command = [BINARY, "probe", "--protocol", "acap", f"localhost:{port}", "--json", "--ca", certs.ca]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=STEP, check=False)
    return done.returncode, json.loads(done.stdout)


def test_probe(certs, upstreams):
    status, report = probe(certs, upstreams["required"].port)
    assert status == 0, report
    assert report["greeting"].startswith("* ACAP (IMPLEMENTATION ")
    assert report["starttls"] is True and "STARTTLS" in report["capabilities_before"]
    assert "STARTTLS" not in report["capabilities_after"]
    assert "SASL PLAIN CRAM-MD5 ANONYMOUS" in report["capabilities_after"]
    status, report = probe(certs, upstreams["off"].port)
    assert status == 1 and report["error"]["end"] == "starttls_not_offered"

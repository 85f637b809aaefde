"""Prosody and slixmpp through the proxy, and openssl's STARTTLS."""

import json
import subprocess

import pytest

from pysupport import xmpp_servers
from pysupport.daemons import inside
from pysupport.proxy import BINARY
from pysupport.timing import STEP, Deadline
from pysupport.xmpp_servers import slixmpp


@pytest.fixture(scope="module")
def servers(certs, folder):
    plain = xmpp_servers.prosody(folder / "plain", certs, tls=False)
    with plain, xmpp_servers.prosody(folder / "strict", certs, required=True) as strict:
        yield {"plain": plain, "strict": strict}


@pytest.fixture(scope="module")
def proxies(servers, front):
    def to(name, mode, port="c2s"):
        return {"address": f"127.0.0.1:{servers[name].ports[port]}", "tls": mode}

    return front(
        {
            "front": ("xmpp", "required", to("plain", "off")),
            "mixed-front": ("xmpp", "opportunistic", to("plain", "off")),
            "port-5223": ("xmpp", "implicit", to("plain", "off")),
            "sidecar": ("xmpp", "off", to("strict", "required")),
            "best-effort": ("xmpp", "off", to("strict", "opportunistic")),
            "best-effort-in-vain": ("xmpp", "off", to("plain", "opportunistic")),
            "to-implicit": ("xmpp", "off", to("strict", "implicit", "direct")),
            "gateway": ("xmpp", "required", to("strict", "required")),
            "implicit-gateway": ("xmpp", "implicit", to("strict", "required")),
            "both-best-effort": ("xmpp", "opportunistic", to("strict", "opportunistic")),
            "stripped": ("xmpp", "off", to("plain", "required")),
            "s2s-front": ("xmpp-server", "required", to("plain", "off", "s2s")),
            "s2s-gateway": ("xmpp-server", "opportunistic", to("strict", "required", "s2s")),
        }
    )


# listener, how the client connects, and whether each leg then uses TLS
WAYS = [
    ("front", "starttls", True, False),
    ("mixed-front", "starttls", True, False),
    ("mixed-front", "plain", False, False),
    ("port-5223", "implicit", True, False),
    ("sidecar", "plain", False, True),
    ("best-effort", "plain", False, True),
    ("best-effort-in-vain", "plain", False, False),
    ("to-implicit", "plain", False, True),
    ("gateway", "starttls", True, True),
    ("implicit-gateway", "implicit", True, True),
    ("both-best-effort", "starttls", True, True),
]


@pytest.mark.parametrize("name, how, client_tls, server_tls", WAYS, ids=lambda value: str(value))
def test_a_message_to_oneself(proxies, folder, name, how, client_tls, server_tls):
    result = slixmpp(folder, proxies.port(name), how)
    assert result["error"] is None and result["received"] == result["sent"], result
    assert result["tls"] == client_tls
    record = proxies.record(name)
    assert (record["client_tls"] != "plain", record["server_tls"] != "plain") == (client_tls, server_tls), record
    assert record["end"] in ("closed", "truncated"), record


@pytest.mark.parametrize("name, how", [("sidecar", "plain"), ("front", "starttls")])
def test_a_long_message(proxies, folder, name, how):
    result = slixmpp(folder, proxies.port(name), how, 150_000)
    assert result["error"] is None and result["received"] == result["sent"], result
    proxies.record(name)


def test_a_client_that_declines_where_it_must(proxies, folder):
    result = slixmpp(folder, proxies.port("front"), "plain")
    assert result["error"] is not None and result["received"] is None
    assert proxies.record("front")["end"] in ("closed", "tls_required"), "the client may see that no login is possible, and leave"


def test_a_server_without_tls_where_it_must_have_it(proxies, folder):
    result = slixmpp(folder, proxies.port("stripped"), "plain")
    assert result["error"] is not None and result["received"] is None
    record = proxies.record("stripped")
    assert (record["end"], record["blame"]) == ("starttls_not_offered", "server")


def test_the_strict_server_alone_refuses_a_client_without_tls(servers, folder):
    result = slixmpp(folder, servers["strict"].ports["c2s"], "plain")
    assert result["error"] is not None and result["received"] is None


@pytest.mark.parametrize("name", ["front", "mixed-front", "gateway", "both-best-effort", "s2s-front", "s2s-gateway"])
def test_openssl(proxies, folder, name):
    protocol = "xmpp-server" if name.startswith("s2s") else "xmpp"
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{proxies.port(name)}", "-starttls", protocol]
    command += ["-xmpphost", "localhost", "-servername", "localhost", "-verify_hostname", "localhost"]
    command += ["-CAfile", "/mnt/certs/ca.pem", "-verify_return_error", "-brief"]
    done = subprocess.run(inside("clients", folder, command), input=b"", capture_output=True, timeout=Deadline(40).left())
    assert done.returncode == 0 and b"Verification: OK" in done.stdout + done.stderr, done.stdout + done.stderr
    assert proxies.record(name)["client_tls"]["version"] == "TLSv1.3"


@pytest.mark.parametrize("protocol, port", [("xmpp", "c2s"), ("xmpp-server", "s2s")])
def test_probe(certs, servers, protocol, port):
    for name in ("strict", "plain"):
        target = f"localhost:{servers[name].ports[port]}"
        command = [BINARY, "probe", "--protocol", protocol, target, "--json", "--ca", certs.ca]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=STEP, check=False)
        report = json.loads(done.stdout)
        assert done.returncode == (0 if name == "strict" else 1), report
        assert report["starttls"] is (name == "strict")
        if name == "strict":
            assert "starttls" in report["capabilities_before"]
            assert "starttls" not in report["capabilities_after"] and report["capabilities_after"]
            assert report["tls"]["version"] == "TLSv1.3"

"""ejabberd and slixmpp through the proxy."""

import json
import subprocess

import pytest

from pysupport.proxy import BINARY
from pysupport.timing import STEP
from pysupport.xmpp_servers import ejabberd, slixmpp


@pytest.fixture(scope="module")
def server(certs, folder):
    with ejabberd(folder / "ejabberd", certs) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def proxies(server, front):
    def to(port, mode):
        return {"address": f"127.0.0.1:{server.ports[port]}", "tls": mode}

    return front(
        {
            "front": ("xmpp", "required", to("plain", "off")),
            "mixed-front": ("xmpp", "opportunistic", to("plain", "off")),
            "sidecar": ("xmpp", "off", to("c2s", "required")),
            "to-implicit": ("xmpp", "off", to("direct", "implicit")),
            "gateway": ("xmpp", "required", to("c2s", "required")),
            "both-best-effort": ("xmpp", "opportunistic", to("c2s", "opportunistic")),
        }
    )


WAYS = [
    ("front", "starttls", True, False),
    ("mixed-front", "starttls", True, False),
    ("mixed-front", "plain", False, False),
    ("sidecar", "plain", False, True),
    ("to-implicit", "plain", False, True),
    ("gateway", "starttls", True, True),
    ("both-best-effort", "starttls", True, True),
]


@pytest.mark.parametrize("name, how, client_tls, server_tls", WAYS, ids=lambda value: str(value))
def test_a_message_to_oneself(proxies, folder, name, how, client_tls, server_tls):
    result = slixmpp(folder, proxies.port(name), how)
    assert result["error"] is None and result["received"] == result["sent"], result
    assert result["tls"] == client_tls
    record = proxies.record(name)
    assert (record["client_tls"] != "plain", record["server_tls"] != "plain") == (client_tls, server_tls), record


def test_the_server_alone_refuses_a_client_without_tls(server, folder):
    result = slixmpp(folder, server.ports["c2s"], "plain")
    assert result["error"] is not None and result["received"] is None


@pytest.mark.parametrize("protocol, port", [("xmpp", "c2s"), ("xmpp-server", "s2s")])
def test_probe(certs, server, protocol, port):
    command = [BINARY, "probe", "--protocol", protocol, f"localhost:{server.ports[port]}", "--json", "--ca", certs.ca]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=STEP, check=False)
    report = json.loads(done.stdout)
    assert done.returncode == 0, report
    assert report["starttls"] is True and report["tls"]["version"] == "TLSv1.3"
    assert "starttls" not in report["capabilities_after"]

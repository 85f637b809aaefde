"""Two Prosody servers that reach each other through the proxy: one requires TLS, a legacy one has none."""

import pytest

from pysupport.xmpp_servers import prosody, route, slixmpp


@pytest.mark.parametrize("front_mode", ["required", "opportunistic"])
def test_servers_meet(certs, folder, front, front_mode):
    place = folder / front_mode
    place.mkdir(mode=0o755)
    strict = prosody(place / "strict", certs, required=True)
    with strict, prosody(place / "legacy", certs, tls=False, host="legacy.example") as legacy:
        proxies = front(
            {
                # The legacy server's connections use TLS, incoming and outgoing.
                "in": ("xmpp-server", front_mode, {"address": f"127.0.0.1:{legacy.ports['s2s']}", "tls": "off"}),
                "out": ("xmpp-server", "off", {"address": f"127.0.0.1:{strict.ports['s2s']}", "tls": "required"}),
            }
        )
        route(strict, legacy__example=proxies.port("in"))
        route(legacy, localhost=proxies.port("out"))
        result = slixmpp(folder, strict.ports["c2s"], "starttls", peer="legacy.example")
        assert result["error"] is None and result["received"] == result["sent"], (result, strict.log(), legacy.log())
    into, out = proxies.record("in"), proxies.record("out")
    assert into["client_tls"]["version"] == "TLSv1.3" and into["server_tls"] == "plain", into
    assert out["client_tls"] == "plain" and out["server_tls"]["version"] == "TLSv1.3", out

"""TLS sessions are resumed on either leg, and only where they should be."""

import base64
import os
import ssl

import pytest

from pysupport import clients
from pysupport.daemons import delivered
from pysupport.mail_servers import postfix
from pysupport.proxy import Proxy
from pysupport.rig import Rig
from pysupport.smtp import Client, Server

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


def visit(port, context, session=None):
    """Plays one session; returns the client's channel."""
    client = Client(port)
    client.reply()
    client.hello()
    client.upgrade(context, session=session)
    client.hello()
    client.quit()
    return client.tls


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, [("smtp", "required", "off")])
    rig.at("smtp", "required", "off").serve(Server())
    yield rig
    rig.close()


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_a_resuming_client(rig, certs, version):
    """Works with any worker that accepts the next connection."""
    port = rig.at("smtp", "required", "off").port
    context = certs.client_context(highest=version)
    first = visit(port, context)
    assert not first.session_reused
    assert first.session.has_ticket
    for _ in range(8):
        assert visit(port, context, first.session).session_reused


def test_openssl_resumes(rig, certs, message, folder):
    place = rig.at("smtp", "required", "off")
    kept = "/mnt/session.pem"
    options = ["-tls1_3", "-sess_out", kept]
    assert clients.openssl(place.port, message, options=options).sent
    again = clients.openssl(place.port, message, options=["-tls1_3", "-sess_in", kept, "-brief"])
    assert again.sent and (folder / "session.pem").exists(), again.text


@pytest.mark.parametrize("shared", [True, False])
def test_ticket_keys_outlive_the_process(rig, certs, folder, shared):
    keys = folder / "ticket.keys"
    keys.write_text(base64.b64encode(os.urandom(48)).decode() + "\n")
    tls = {"tls": {"ticket_keys": str(keys)}} if shared else {}
    configuration = {**rig.proxy.configuration, **tls}
    context = certs.client_context()
    with Proxy(configuration, folder) as before:
        session = visit(before.port(), context).session
    with Proxy(configuration, folder) as after:
        assert visit(after.port(), context, session).session_reused == shared


@pytest.mark.parametrize("server", ["required", "implicit"])
@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_we_resume_with_the_server(certs, folder, version, server):
    rig = Rig(certs, folder, [("smtp", "off", server)])
    place = rig.at("smtp", "off", server)
    # One context for all connections, because only it can decrypt its tickets.
    context = certs.server_context(highest=version)
    place.serve(Server(tls=context, implicit=server == "implicit"))
    with Proxy({**rig.proxy.configuration, "workers": 1}, folder) as proxy:
        for number in range(4):
            client = Client(proxy.port())
            client.reply()
            client.hello()
            assert client.mail()[-1] == b"250 2.0.0 taken\r\n"
            client.quit()
            seen = place.upstream.finished(number)
            assert seen.tls.session_reused == (number > 0), f"connection {number}"
            assert proxy.record(client)["end"] == "closed"
    rig.close()


def test_we_resume_with_postfix(certs, folder, front, message):
    """As logged by Postfix itself."""
    with postfix(folder / "postfix", certs, {"encrypt": "encrypt"}, "smtpd_tls_loglevel = 2\n") as daemon:
        to = {"address": f"127.0.0.1:{daemon.ports['encrypt']}", "tls": "required"}
        sidecar = front({"sidecar": ("smtp", "off", to)}, workers=1)
        assert clients.python(sidecar.port("sidecar"), message).sent
        delivered(daemon.folder / "mail", message.token)
        sidecar.record("sidecar")
        before = len(daemon.lines)
        another = clients.Message(folder)
        assert clients.python(sidecar.port("sidecar"), another).sent
        delivered(daemon.folder / "mail", another.token)
        daemon.logged("Reusing old session", before)
        assert sidecar.record("sidecar")["end"] == "closed"

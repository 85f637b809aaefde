"""Plain TLS (protocol tcp) before and behind an HTTP server."""

import http.server
import subprocess
import threading

import pytest

from pysupport.daemons import inside
from pysupport.timing import Deadline


class Pages(http.server.BaseHTTPRequestHandler):
    """A page that is larger than the buffers, and names the request."""

    protocol_version = "HTTP/1.1"
    body = bytes(range(256)) * 4096

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.send_header("X-Path", self.path)
        self.end_headers()
        self.wfile.write(self.body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[::-1])

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


@pytest.fixture(scope="module")
def pages(certs):
    """The same pages, with and without TLS."""
    servers = []
    for tls in (False, True):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        if tls:
            server.socket = certs.server_context().wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
    yield {"off": servers[0].server_port, "implicit": servers[1].server_port}
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def proxies(pages, front):
    return front(
        {
            f"{client}-{server}": ("tcp", client, {"address": f"127.0.0.1:{pages[server]}", "tls": server})
            for client in ("off", "implicit")
            for server in ("off", "implicit")
        }
    )


def curl(folder, *options):
    command = ["curl", "-sS", "--cacert", "/mnt/certs/ca.pem", *options]
    return subprocess.run(inside("clients", folder, command), capture_output=True, timeout=Deadline(40).left())


@pytest.mark.parametrize("server", ["off", "implicit"])
@pytest.mark.parametrize("client", ["off", "implicit"])
def test_curl(certs, folder, proxies, client, server):
    name = f"{client}-{server}"
    url = f"{'http' if client == 'off' else 'https'}://127.0.0.1:{proxies.port(name)}/some/page"
    done = curl(folder, url, url, "-o", "-", "-o", "-")
    assert done.returncode == 0, done.stderr
    assert done.stdout == Pages.body * 2
    record = proxies.record(name)
    assert (record["client_tls"] == "plain", record["server_tls"] == "plain") == (client == "off", server == "off")
    assert record["bytes_out"] > 2 * len(Pages.body)
    (folder / "upload").write_bytes(Pages.body[1:])
    done = curl(folder, url, "--data-binary", "@/mnt/upload")
    assert done.returncode == 0, done.stderr
    assert done.stdout == Pages.body[1:][::-1]
    proxies.record(name)


def test_openssl_s_client(certs, folder, proxies):
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{proxies.port('implicit-implicit')}", "-quiet", "-verify_quiet"]
    command += ["-CAfile", "/mnt/certs/ca.pem", "-verify_return_error", "-servername", "localhost"]
    request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    done = subprocess.run(inside("clients", folder, command), input=request, capture_output=True, timeout=Deadline(40).left())
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    assert b"200 OK" in head and body == Pages.body
    assert proxies.record("implicit-implicit")["server_tls"]["version"] == "TLSv1.3"

"""Prosody and ejabberd, as the tests need them: the host localhost with the accounts romeo and juliet, password secret."""

import shutil

from pysupport.daemons import Daemon, certificate, free_port, place, start

USERS = ("romeo", "juliet")

PROSODY = """
pidfile = "/tmp/prosody.pid"
data_path = "/mnt/data"
plugin_paths = {{ }}
run_as_root = true
log = {{ info = "*console" }}
interfaces = {{ "127.0.0.1" }}
modules_enabled = {{ "saslauth", "roster", "disco", "ping", "dialback", {modules} }}
modules_disabled = {{ "admin_socket", "offline" }}
c2s_ports = {{ {c2s} }}
c2s_direct_tls_ports = {{ {direct} }}
s2s_ports = {{ {s2s} }}
authentication = "internal_plain"
allow_unencrypted_plain_auth = {plain}
c2s_require_encryption = {required}
s2s_require_encryption = {required}
s2s_secure_auth = false
{ssl}
VirtualHost "localhost"
"""


def prosody(folder, certs, tls=True, required=False):
    """Prosody; sets `.ports`: c2s, direct (TLS from the first byte), s2s. `required`: nobody gets in without TLS."""

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        ports = {name: free_port() for name in ("c2s", "direct", "s2s")}
        lua = {False: "false", True: "true"}
        text = PROSODY.format(
            modules='"tls"' if tls else "", c2s=ports["c2s"], direct=ports["direct"] if tls else "", s2s=ports["s2s"],
            plain=lua[not required], required=lua[required],
            ssl='ssl = { certificate = "/mnt/cert.pem"; key = "/mnt/key.pem" }' if tls else "",
        )  # fmt: skip
        place(folder)
        (folder / "prosody.cfg.lua").write_text(text)
        accounts = folder / "data" / "localhost" / "accounts"
        accounts.mkdir(parents=True)
        for user in USERS:
            (accounts / f"{user}.dat").write_text('return { ["password"] = "secret"; };\n')
        certificate(folder, certs)
        answering = [ports["c2s"], ports["s2s"]] + ([ports["direct"]] if tls else [])
        daemon = Daemon("servers", folder, ["prosody", "-F", "--config", "/mnt/prosody.cfg.lua"], answering)
        daemon.ports = ports
        return daemon

    return start(build)

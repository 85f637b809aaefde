"""Starts Prosody and ejabberd, with the host localhost and the accounts romeo and juliet (password: secret). Runs slixmpp."""

import json
import pathlib
import shutil
import subprocess

from pysupport.daemons import Daemon, certificate, free_port, inside, place, start
from pysupport.timing import Deadline

CLIENT = pathlib.Path(__file__).with_name("xmpp_client.py")

USERS = ("romeo", "juliet")

PROSODY = """
pidfile = "/tmp/prosody.pid"
data_path = "/mnt/data"
plugin_paths = {{ "/mnt/modules" }}
run_as_root = true
log = {{ info = "*console" }}
interfaces = {{ "127.0.0.1" }}
modules_enabled = {{ "saslauth", "roster", "disco", "ping", "dialback", "routes", {modules} }}
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
VirtualHost "{host}"
"""

# A Prosody module that replaces DNS: /mnt/routes.lua maps hosts to local ports.
ROUTES = """
module:set_global()
local basic, service = require "net.resolvers.basic", require "net.resolvers.service"
local by_dns = service.new
function service.new(host, ...)
    local known, routes = pcall(dofile, "/mnt/routes.lua")
    if not known or not routes[host] then return by_dns(host, ...) end
    return basic.new("127.0.0.1", routes[host], "tcp", {})
end
"""


def prosody(folder, certs, tls=True, required=False, host="localhost"):
    """Prosody; sets `.ports`: c2s, direct (implicit TLS), s2s. `required`: TLS is required."""

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        ports = {name: free_port() for name in ("c2s", "direct", "s2s")}
        lua = {False: "false", True: "true"}
        text = PROSODY.format(
            modules='"tls"' if tls else "", c2s=ports["c2s"], direct=ports["direct"] if tls else "", s2s=ports["s2s"],
            host=host, plain=lua[not required], required=lua[required],
            ssl='ssl = { certificate = "/mnt/cert.pem"; key = "/mnt/key.pem" }' if tls else "",
        )  # fmt: skip
        place(folder)
        (folder / "prosody.cfg.lua").write_text(text)
        (folder / "modules").mkdir()
        (folder / "modules" / "mod_routes.lua").write_text(ROUTES)
        accounts = folder / "data" / host.replace(".", "%2e") / "accounts"
        accounts.mkdir(parents=True)
        for user in USERS:
            (accounts / f"{user}.dat").write_text('return { ["password"] = "secret"; };\n')
        certificate(folder, certs)
        answering = [ports["c2s"], ports["s2s"]] + ([ports["direct"]] if tls else [])
        daemon = Daemon("servers", folder, ["prosody", "-F", "--config", "/mnt/prosody.cfg.lua"], answering)
        daemon.ports = ports
        return daemon

    return start(build)


EJABBERD = """
hosts: [localhost]
loglevel: info
certfiles: [/mnt/both.pem]
acme: {{auto: false}}
auth_method: internal
auth_password_format: scram
s2s_use_starttls: required
listen:
  - {{port: {c2s}, ip: 127.0.0.1, module: ejabberd_c2s, starttls_required: true}}
  - {{port: {plain}, ip: 127.0.0.1, module: ejabberd_c2s, starttls: false}}
  - {{port: {direct}, ip: 127.0.0.1, module: ejabberd_c2s, tls: true}}
  - {{port: {s2s}, ip: 127.0.0.1, module: ejabberd_s2s_in}}
modules:
  mod_disco: {{}}
  mod_roster: {{}}
  mod_ping: {{}}
"""

# Starts Erlang directly, without ejabberdctl: a node without a name needs no epmd, which would outlive the test.
START_EJABBERD = """
cd /tmp && ebin=$(echo /usr/lib/*/ejabberd-*/ebin) &&
HOME=/tmp EJABBERD_CONFIG_PATH=/mnt/ejabberd.yml EJABBERD_LOG_PATH=/tmp/ejabberd.log ERL_LIBS=$(echo /usr/lib/*/) \
exec erl -noinput -noshell -start_epmd false -pa $ebin -mnesia dir '"/tmp/mnesia"' -eval '
{ok, _} = application:ensure_all_started(ejabberd),
[ok = ejabberd_auth:try_register(list_to_binary(U), <<"localhost">>, <<"secret">>) || U <- string:tokens("USERS", " ")],
io:format("accounts are there~n").'
"""


def ejabberd(folder, certs):
    """ejabberd; sets `.ports`: c2s and s2s (TLS required), plain (c2s without TLS), direct (implicit TLS)."""

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        ports = {name: free_port() for name in ("c2s", "plain", "direct", "s2s")}
        place(folder)
        certificate(folder, certs)
        (folder / "both.pem").write_bytes((folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes())
        (folder / "ejabberd.yml").write_text(EJABBERD.format(**ports))
        script = START_EJABBERD.replace("USERS", " ".join(USERS))
        daemon = Daemon("third", folder, ["sh", "-c", script], ports.values())
        daemon.ports = ports
        daemon.logged("accounts are there")
        return daemon

    return start(build)


def route(server, **ports):
    """From now on the server connects to these hosts (dots are written __) on these local ports."""
    entries = "".join(f'["{host.replace("__", ".")}"] = {port};' for host, port in ports.items())
    (server.folder / "routes.lua").write_text(f"return {{ {entries} }}\n")


def slixmpp(folder, port, how, size=100, peer=None):
    """Logs in as romeo and sends him a message of this size; returns xmpp_client.py's result. `folder` has certs/ca.pem.

    With a `peer`, it pings that server instead.
    """
    shutil.copy(CLIENT, folder / CLIENT.name)
    command = ["python3", f"/mnt/{CLIENT.name}", port, how, size, *([peer] if peer else [])]
    done = subprocess.run(inside("clients", folder, command), stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=Deadline(50).left())  # fmt: skip
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise AssertionError(done.stderr.decode(errors="replace")) from None

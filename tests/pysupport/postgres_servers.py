"""PostgreSQL as the tests need it, and its own clients."""

import shutil
import subprocess

from pysupport.daemons import Daemon, certificate, free_port, inside, place, start
from pysupport.timing import Deadline

USER, PASSWORD = "starlock", "correct horse"
BIN = "/usr/lib/postgresql/15/bin"

# It refuses to run as root, so that it is installed by another user, who owns what it writes.
SCRIPT = f"""
set -e
chown -R postgres /mnt
cd /mnt
as() {{ setpriv --reuid postgres --regid postgres --clear-groups "$@"; }}
echo '{PASSWORD}' > /tmp/password
chmod 644 /tmp/password
as {BIN}/initdb -D data -U {USER} --pwfile /tmp/password -A scram-sha-256 -E UTF8 --locale=C --no-sync > initdb.log
cp pg_hba.conf data/pg_hba.conf
exec setpriv --reuid postgres --regid postgres --clear-groups {BIN}/postgres -D data -c port=$0 \\
  -c listen_addresses=127.0.0.1 -c unix_socket_directories=/tmp -c fsync=off -c log_connections=on -c ssl=$1 \\
  -c ssl_cert_file=/mnt/cert.pem -c ssl_key_file=/mnt/key.pem -c max_connections=30
"""


def postgresql(folder, certs, tls, leaf=None):
    """PostgreSQL 15 with scram-sha-256: `tls`: off; or hostssl, which lets nobody in without TLS. Sets `.port`."""

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        port = free_port()
        place(folder)
        kind = "host" if tls == "off" else "hostssl"
        (folder / "pg_hba.conf").write_text(f"local all all trust\n{kind} all all 127.0.0.1/32 scram-sha-256\n")
        certificate(folder, certs, leaf)
        command = ["sh", "-c", SCRIPT, port, "off" if tls == "off" else "on"]
        daemon = Daemon("servers", folder, command, [port])
        daemon.port = port
        return daemon

    return start(build)


class Result:
    def __init__(self, done):
        self.ok = done.returncode == 0
        self.out, self.text = done.stdout, (done.stdout + done.stderr).decode(errors="replace")


def command(program, port, *options, **settings):
    """A client's command line: `settings` are libpq's. The root's /mnt is the run's folder."""
    words = {"host": "localhost", "hostaddr": "127.0.0.1", "port": port, "user": USER, "dbname": "postgres",
             "password": f"'{PASSWORD}'", "gssencmode": "disable", "connect_timeout": 30,
             "sslrootcert": "/mnt/certs/ca.pem", **settings}  # fmt: skip
    conninfo = " ".join(f"{name}={value}" for name, value in words.items())
    return [program, *options, conninfo]


def psql(folder, port, query, stdin=b"", **settings):
    """One query (or meta-command), its plain output."""
    line = command("psql", port, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", query, "-d", **settings)
    done = subprocess.run(inside("clients", folder, line), input=stdin, capture_output=True, timeout=Deadline(40).left())
    return Result(done)


def pgbench(folder, port, *options, **settings):
    line = command("pgbench", port, *options, **settings)
    done = subprocess.run(inside("clients", folder, line), input=b"", capture_output=True, timeout=Deadline(60).left())
    return Result(done)

"""Starts PostgreSQL; runs its clients."""

import shutil
import subprocess

from pysupport.daemons import Daemon, certificate, free_port, inside, place, start
from pysupport.timing import Deadline

USER, PASSWORD = "starlock", "correct horse"
LEGACY = "legacy"  # a user whose password is stored as MD5, so SCRAM is not used
BIN = "/usr/lib/postgresql/15/bin"

# PostgreSQL refuses to run as root, so another user owns and runs it. Both servers use one installation.
SCRIPT = f"""
set -e
chown -R postgres /mnt
cd /mnt
as() {{ setpriv --reuid postgres --regid postgres --clear-groups "$@"; }}
echo '{PASSWORD}' > password
as {BIN}/initdb -D plain -U {USER} --pwfile password -A scram-sha-256 -E UTF8 --locale=C --no-sync > initdb.log
cat > legacy.sql << END
set password_encryption = 'md5'
create role {LEGACY} superuser login password '{PASSWORD}'
END
as {BIN}/postgres --single -F -D plain postgres < legacy.sql >> initdb.log
as cp -r plain tls
settings="-c listen_addresses=127.0.0.1 -c unix_socket_directories=/tmp -c fsync=off -c max_connections=30"
for kind in plain tls; do
  test $kind = tls && host=hostssl || host=host
  printf "$host all {LEGACY} 127.0.0.1/32 md5\\n$host all all 127.0.0.1/32 scram-sha-256\\n" > $kind/pg_hba.conf
done
as {BIN}/postgres -D plain -c port=$0 $settings -c ssl=off &
exec setpriv --reuid postgres --regid postgres --clear-groups {BIN}/postgres -D tls -c port=$1 $settings \\
  -c ssl=on -c ssl_cert_file=/mnt/cert.pem -c ssl_key_file=/mnt/key.pem
"""


def postgresql(folder, certs):
    """Two PostgreSQL 15 servers: one without TLS, one that requires it. Sets their ports `.plain` and `.tls`."""

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        ports = [free_port(), free_port()]
        place(folder)
        certificate(folder, certs)
        daemon = Daemon("servers", folder, ["sh", "-c", SCRIPT, *ports], ports)
        daemon.plain, daemon.tls = ports
        return daemon

    return start(build)


class Result:
    def __init__(self, done):
        self.ok = done.returncode == 0
        self.out, self.text = done.stdout, (done.stdout + done.stderr).decode(errors="replace")


def command(program, port, *options, **settings):
    """The command line of a client. `settings` are libpq's. The root's /mnt is the folder of this run."""
    words = {"host": "localhost", "hostaddr": "127.0.0.1", "port": port, "user": USER, "dbname": "postgres",
             "password": f"'{PASSWORD}'", "gssencmode": "disable", "connect_timeout": 30,
             "sslrootcert": "/mnt/certs/ca.pem", **settings}  # fmt: skip
    conninfo = " ".join(f"{name}={value}" for name, value in words.items())
    return [program, *options, conninfo]


def psql(folder, port, query, stdin=b"", **settings):
    """Runs one query (or meta-command); returns its unaligned output."""
    line = command("psql", port, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", query, "-d", **settings)
    done = subprocess.run(inside("clients", folder, line), input=stdin, capture_output=True, timeout=Deadline(40).left())
    return Result(done)


def pgbench(folder, port, *options, **settings):
    line = command("pgbench", port, *options, **settings)
    done = subprocess.run(inside("clients", folder, line), input=b"", capture_output=True, timeout=Deadline(60).left())
    return Result(done)

"""Starts MariaDB."""

import shutil

from pysupport.daemons import Daemon, certificate, free_port, place, start

USERS = """
create user native@'%' identified via mysql_native_password using password('secret');
create user signing@'%' identified via ed25519 using password('secret');
create database trial;
grant all on trial.* to native@'%';
grant all on trial.* to signing@'%';
"""


def mariadb(folder, certs, tls=True):
    """MariaDB, which requires TLS or has none; sets `.port`."""

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        port = free_port()
        place(folder, users__sql=USERS)
        certificate(folder, certs)
        options = f"--no-defaults --datadir=/mnt/data --socket=/mnt/data/s --port={port} --bind-address=127.0.0.1"
        options += " --plugin-load-add=auth_ed25519 --skip-name-resolve --pid-file=/mnt/data/pid --init-file=/mnt/data/init"
        if tls:
            options += " --ssl-cert=/mnt/data/cert.pem --ssl-key=/mnt/data/key.pem --require-secure-transport=on"
        script = f"""set -e
mkdir -p /mnt/data; chown mysql /mnt/data
mariadb-install-db --no-defaults --user=mysql --datadir=/mnt/data --skip-test-db >/mnt/install.log 2>&1
cp /mnt/cert.pem /mnt/key.pem /mnt/data/; tr '\\n' ' ' < /mnt/users/sql | sed 's/; */;\\n/g' > /mnt/data/init
chown mysql /mnt/data/*.pem /mnt/data/init
exec setpriv --reuid=mysql --regid=mysql --clear-groups mariadbd {options}"""
        daemon = Daemon("servers", folder, ["sh", "-c", script], [port])
        daemon.port = port
        return daemon

    return start(build)

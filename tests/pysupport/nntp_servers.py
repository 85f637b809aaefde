"""Starts INN's nnrpd without innd, with one group and one article."""

import shutil

from pysupport.daemons import ROOTS, Daemon, certificate, free_port, place, start

GROUP = "local.test"
USER, PASSWORD = "reader", "s3cret"


def nnrpd(folder, certs, tls=False, require=False):
    """nnrpd on `.port`. tls: it offers STARTTLS. require: it also refuses logins without TLS."""

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        port = free_port()
        config = (ROOTS.existing("news") / "etc/news/inn.conf").read_text()
        moved = {"/var/lib/news": "db", "/var/spool/news": "spool", "/etc/news": "etc", "/var/log/news": "log", "/run/news": "run"}
        for path, name in moved.items():
            config = config.replace(path, f"/mnt/{name}")
        # By default, nnrpd refuses everybody while the machine's load average is above 16.
        config += "nnrpdloadlimit: 0\n"
        if tls:
            config += "tlscertfile: /mnt/cert.pem\ntlskeyfile: /mnt/key.pem\ntlscafile: /mnt/ca.pem\n"
        access = f"""
auth all {{
  auth: "ckpasswd -f /mnt/etc/passwd"
  {"require_ssl: true" if require else ""}
  default: "<guest>"
}}
access all {{
  users: "*"
  newsgroups: "local.*"
  access: "RPA"
}}
"""
        place(folder)
        for name in ("etc", "db", "spool/articles", "spool/overview", "spool/incoming/tmp", "log", "run"):
            (folder / name).mkdir(parents=True)
        certificate(folder, certs)
        files = {
            "etc/inn.conf": config, "etc/readers.conf": access, "db/active": f"{GROUP} 0000000000 0000000001 y\n",
            "db/newsgroups": f"{GROUP}\tA test\n", "db/active.times": "", "db/history": "",
            "etc/storage.conf": 'method tradspool {\n newsgroups: *\n class: 0\n}\n', "etc/nocem.ctl": "", "etc/passwd": "",
            "etc/overview.fmt": "", "etc/distributions": "", "etc/moderators": "", "etc/motd.nnrpd": "",
        }  # fmt: skip
        for name, text in files.items():
            (folder / name).write_text(text)
        # nnrpd needs the databases of articles and overviews, even if they are empty.
        ids = "chown -R news:news /mnt && setpriv --reuid=news --regid=news --clear-groups"
        tools = "export INNCONF=/mnt/etc/inn.conf; /usr/lib/news/bin/makehistory -O -x"
        script = f"{ids} sh -c '{tools}; exec /usr/lib/news/bin/nnrpd -D -f -p {port} -I 127.0.0.1'"
        daemon = Daemon("news", folder, ["sh", "-c", script], [port])
        daemon.port = port
        return daemon

    return start(build)

"""Starts vsftpd, ProFTPD, Pure-FTPd and inetutils-ftpd. A client sees the folder `ftp` of the server's folder as /."""

import os
import shutil

from pysupport.daemons import Daemon, certificate, free_port, place, start

VSFTPD = """
listen=YES
listen_address=127.0.0.1
listen_port={port}
background=NO
anonymous_enable=YES
no_anon_password=YES
anon_root=/mnt/ftp
ftp_username=ftp
anon_upload_enable=YES
anon_mkdir_write_enable=YES
anon_umask=022
write_enable=YES
allow_writeable_chroot=YES
chown_uploads=NO
seccomp_sandbox=NO
secure_chroot_dir=/mnt/empty
pasv_address=192.0.2.66
xferlog_enable=YES
vsftpd_log_file=/mnt/vsftpd.log
log_ftp_protocol=YES
"""

VSFTPD_TLS = """
ssl_enable=YES
allow_anon_ssl=YES
force_anon_logins_ssl=YES
force_anon_data_ssl=YES
force_local_logins_ssl=YES
force_local_data_ssl=YES
require_ssl_reuse=YES
ssl_ciphers=HIGH
rsa_cert_file=/mnt/cert.pem
rsa_private_key_file=/mnt/key.pem
strict_ssl_read_eof=YES
strict_ssl_write_shutdown=YES
"""

PROFTPD = """
ServerName old
ServerType standalone
DefaultAddress 127.0.0.1
SocketBindTight on
Port {port}
UseIPv6 off
User nobody
Group nogroup
PidFile /run/proftpd.pid
ScoreboardFile /run/scoreboard
DelayEngine off
SystemLog /mnt/proftpd.log
TransferLog none
UseReverseDNS off
WtmpLog off
RequireValidShell off
AllowStoreRestart on
AllowOverwrite on
{tls}
<Anonymous /mnt/ftp>
  User ftp
  Group nogroup
  UserAlias anonymous ftp
  RequireValidShell off
</Anonymous>
"""

PROFTPD_TLS = """
ModulePath /usr/lib/proftpd
LoadModule mod_tls.c
TLSEngine on
TLSRequired on
TLSProtocol {versions}
TLSRSACertificateFile /mnt/cert.pem
TLSRSACertificateKeyFile /mnt/key.pem
TLSVerifyClient off
TLSLog /mnt/tls.log
"""


# inetutils-ftpd expects its client on its standard input, as inetd hands it over.
INETD = r"""
use strict; use Socket;
$SIG{CHLD} = "IGNORE";
socket(my $listener, PF_INET, SOCK_STREAM, 0) or die; setsockopt($listener, SOL_SOCKET, SO_REUSEADDR, 1);
bind($listener, sockaddr_in($ARGV[0], inet_aton("127.0.0.1"))) or die "bind: $!"; listen($listener, 128) or die;
while (1) {
    accept(my $client, $listener) or next;
    if (!fork()) {
        open(STDIN, "<&", $client); open(STDOUT, ">&", $client); close($client); close($listener);
        exec("/usr/sbin/ftpd", "-A") or exit 1;
    }
    close($client);
}
"""


def _folder(folder, certs):
    """Creates the folder, with a subfolder for uploads that all users can write to."""
    shutil.rmtree(folder, ignore_errors=True)
    place(folder)
    for name in ("ftp", "ftp/in", "empty"):
        (folder / name).mkdir()
    os.chmod(folder / "ftp" / "in", 0o777)
    certificate(folder, certs, certs.rsa)
    (folder / "key.pem").chmod(0o600)


def _started(root, folder, command, port):
    daemon = Daemon(root, folder, ["sh", "-c", command], [port])
    daemon.port = port
    return daemon


# The account whose home is the root of anonymous clients; only some of the packages create it.
ACCOUNT = (
    "grep -v ^ftp: /etc/passwd > /tmp/passwd; echo ftp:x:998:65534::/mnt/ftp:/usr/sbin/nologin >> /tmp/passwd; "
    "mount --bind /tmp/passwd /etc/passwd; "
)


def vsftpd(folder, certs, tls=False, implicit=False):
    """With `tls` it requires TLS, and the control connection's TLS session for data."""

    def build():
        _folder(folder, certs)
        port = free_port()
        text = VSFTPD.format(port=port) + (VSFTPD_TLS if tls else "") + ("implicit_ssl=YES\n" if implicit else "")
        (folder / "vsftpd.conf").write_text(text)
        return _started("servers", folder, "exec vsftpd /mnt/vsftpd.conf", port)

    return start(build)


def proftpd(folder, certs, tls=False, versions="TLSv1.2 TLSv1.3", implicit=False):
    def build():
        _folder(folder, certs)
        port = free_port()
        security = PROFTPD_TLS.format(versions=versions) if tls else ""
        security += "TLSOptions UseImplicitSSL\n" if implicit else ""
        (folder / "proftpd.conf").write_text(PROFTPD.format(port=port, tls=security))
        return _started("second", folder, ACCOUNT + "exec proftpd -n -c /mnt/proftpd.conf", port)

    return start(build)


def pure_ftpd(folder, certs, tls=False):
    def build():
        _folder(folder, certs)
        port = free_port()
        (folder / "both.pem").write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
        (folder / "both.pem").chmod(0o600)
        mode = 3 if tls else 0  # 3: TLS is required for session and data
        command = f"exec pure-ftpd -S 127.0.0.1,{port} -e -A -M -H -4 -f none -Y {mode}"
        # The path of the key is compiled into the binary.
        prepare = "mkdir /tmp/own; cp /mnt/both.pem /tmp/own/pure-ftpd.pem; mount --bind /tmp/own /etc/ssl/private; "
        return _started("third", folder, ACCOUNT + prepare + command, port)

    return start(build)


def inetutils_ftpd(folder, certs):
    """Without TLS. It splits lines at 511 bytes, and executes each piece."""

    def build():
        _folder(folder, certs)
        port = free_port()
        (folder / "inetd.pl").write_text(INETD)
        return _started("fourth", folder, f"{ACCOUNT} exec perl /mnt/inetd.pl {port}", port)

    return start(build)

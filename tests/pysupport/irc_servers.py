"""Starts InspIRCd."""

import os
import shutil

from pysupport.daemons import Daemon, certificate, free_port, place, start

CLASS = (
    'allow="*" timeout="60" hardsendq="1M" softsendq="1M" recvq="1M" localmax="50" globalmax="50" '
    'resolvehostnames="no" fakelag="no" threshold="1000" commandrate="100000"'
)


def inspircd(folder, certs, tls="no"):
    """InspIRCd; sets `.ports`: plain, and with TLS also implicit.

    tls: "no", "yes" (STARTTLS on the plain port), or "required" (registration without TLS is refused too).
    """

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        ports = {"plain": free_port(), "implicit": free_port()}
        binds = f'<bind address="127.0.0.1" port="{ports["plain"]}" type="clients">\n'
        if tls != "no":
            binds += f'<bind address="127.0.0.1" port="{ports["implicit"]}" type="clients" sslprofile="Clients">\n'
            binds += """
<module name="ssl_gnutls">
<module name="sslinfo">
<module name="starttls">
<sslprofile name="Clients" provider="gnutls" certfile="/mnt/cert.pem" keyfile="/mnt/key.pem">
"""
        # InspIRCd chooses the connect class anew at registration. Without TLS, only the class is left whose password
        # nobody knows. A class that only requires TLS would refuse clients before STARTTLS.
        requires = 'requiressl="yes"' if tls == "required" else ""
        classes = f'<connect name="main" {CLASS} {requires}>'
        if tls == "required":
            classes += f'\n<connect name="before" {CLASS} password="{os.urandom(16).hex()}">'
        text = f"""
<server name="irc.old.example.net" description="Old" network="OldNet">
<admin name="A" nick="a" email="a@example.net">
<module name="cap">
<module name="ircv3">
{binds}
{classes}
<dns server="127.0.0.1" timeout="1">
<pid file="/tmp/inspircd.pid">
<path configdir="/mnt" datadir="/tmp" logdir="/tmp" runtimedir="/tmp">
<options prefixquit="Quit: ">
<performance softlimit="1000" somaxconn="128" netbuffersize="65534">
"""
        place(folder)
        (folder / "inspircd.conf").write_text(text)
        certificate(folder, certs)
        answering = [ports["plain"], *([] if tls == "no" else [ports["implicit"]])]
        command = ["inspircd", "--nofork", "--runasroot", "--config", "/mnt/inspircd.conf"]
        daemon = Daemon("servers", folder, command, answering)
        daemon.ports = ports
        return daemon

    return start(build)

"""slixmpp as a program: logs in, sends itself a message, and prints the result.

    xmpp_client.py PORT plain|starttls|implicit [SIZE [PEER]]    PEER: a server to ping instead

Prints a JSON object: sent and received (hashes of the message's body), tls (whether the client saw TLS), error.
"""

import asyncio
import hashlib
import json
import random
import sys

import slixmpp


class Client(slixmpp.ClientXMPP):
    def __init__(self, size):
        super().__init__("romeo@localhost/test", "secret")
        letters = "abcdefghijklmnopqrstuvwxyz <>&'\"\u00e9\u20ac\n"
        chance = random.Random(size)
        self.text = "".join(chance.choice(letters) for _ in range(size)).strip()
        self.result = {"sent": self.hash(self.text), "received": None, "tls": False, "error": None}
        self.over = asyncio.get_event_loop().create_future()
        self.ca_certs = "/mnt/certs/ca.pem"
        self.add_event_handler("session_start", self.started)
        self.add_event_handler("message", self.got)
        self.add_event_handler("failed_all_auth", lambda _: self.end("no login"))
        self.add_event_handler("connection_failed", lambda why: self.end(f"no connection: {why}"))
        self.add_event_handler("stream_error", lambda error: self.end(f"stream error: {error['condition']}"))
        self.add_event_handler("stream_negotiated", self.negotiated)
        self.add_event_handler("disconnected", lambda _: self.end("disconnected"))

    @staticmethod
    def hash(text):
        return hashlib.sha256(text.encode()).hexdigest()

    async def started(self, _):
        self.result["tls"] = self.transport.get_extra_info("ssl_object") is not None
        if len(sys.argv) > 4:
            return await self.ping(sys.argv[4])
        self.send_message(mto=self.boundjid.full, mbody=self.text, mtype="chat")
        return None

    async def ping(self, peer):
        ping = self.make_iq_get(ito=peer)
        ping.append(slixmpp.xmlstream.ET.Element("{urn:xmpp:ping}ping"))
        try:
            answer = await ping.send(timeout=25)
            self.result["received"] = self.result["sent"] if str(answer["from"]) == peer else str(answer)
            self.end(None)
        except slixmpp.exceptions.XMPPError as error:
            self.end(f"the ping failed: {error}")

    def negotiated(self, _):
        """Called when no feature is left: there was no usable login."""
        if self.authenticated is False:
            self.end("no way in")

    def got(self, message):
        self.result["received"] = self.hash(message["body"])
        self.end(None)

    def end(self, error):
        if not self.over.done():
            self.result["error"] = error
            self.over.set_result(None)


async def main():
    port, how = int(sys.argv[1]), sys.argv[2]
    client = Client(int(sys.argv[3]) if len(sys.argv) > 3 else 100)
    client.connect(
        address=("127.0.0.1", port), use_ssl=how == "implicit", force_starttls=how == "starttls",
        disable_starttls=how == "plain",
    )  # fmt: skip
    try:
        await asyncio.wait_for(client.over, 30)
    except asyncio.TimeoutError:
        client.result["error"] = "nothing came of it"
    await client.disconnect(wait=1)
    print(json.dumps(client.result))


asyncio.get_event_loop().run_until_complete(main())

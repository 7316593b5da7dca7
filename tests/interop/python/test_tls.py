"""The Python client over TLS, over every transport, with a certificate that it checks."""

import os
import subprocess
import tempfile
import unittest

import requests
from harness import IS_4, TRANSPORTS, Person, Program


class Secure(unittest.TestCase):
    """The chat with a certificate of the test's own."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.certificate = os.path.join(folder.name, "cert.pem")
        key = os.path.join(folder.name, "key.pem")
        made = ["-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        for extension in ("subjectAltName=DNS:localhost", "basicConstraints=critical,CA:FALSE"):
            made += ["-addext", extension]
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        to = ["-keyout", key, "-out", cls.certificate]
        subprocess.run(["openssl", "req", *made, *kind, *to], check=True, capture_output=True)
        doors = ["--bind", "none", "--http", "none", "--https", "127.0.0.1:0", "--db", "none"]
        files = ["--tls-cert", cls.certificate, "--tls-key", key]
        cls.server = Program("mio-chat", [*doors, *files, "--log", "off"], r"open to .*\n")
        cls.addClassCleanup(cls.server.stop)
        cls.url = f"https://localhost:{cls.server.found(r'https://127.0.0.1:([0-9]+)')}"

    def test_talks(self):
        for transports in TRANSPORTS.values():
            session = requests.Session()
            # The environment of this machine would come first.
            session.trust_env, session.verify = False, self.certificate
            options = {"http_session": session}
            if IS_4:
                # It reads no settings of a session.
                os.environ["WEBSOCKET_CLIENT_CA_BUNDLE"] = self.certificate
                options = {"ssl_verify": self.certificate}
            person = Person(self.url, transports, **options)
            self.addCleanup(person.close)
            person.sio.emit("message", "over TLS")
            self.assertEqual(person.next("message"), ("over TLS",))
            person.close()

    def test_does_not_trust_strangers(self):
        with self.assertRaises(Exception):
            Person(self.url, ["websocket"])


if __name__ == "__main__":
    unittest.main()

"""A time-stamp authority of our own, OpenSSL's, stamps when voting opens, ends and is declared."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from audit import timestamps
from audit.entries import PUBLIC
from audit.errors import LogError
from audit.queue import find
from tests.voting.scenario import Scenario
from tests.web.site import Site
from voting.models import DIRECT
from web.jobs.stamping import stamp_when_due

CONFIG = """
[tsa]
default_tsa = tsa1
[tsa1]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
[ext]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[req]
distinguished_name = dn
[dn]
"""


def openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """-> its address and the certificate to trust"""
    f = tmp_path_factory.mktemp("tsa")
    (f / "conf").write_text(CONFIG.format(folder=f))
    (f / "serial").write_text("01")
    new = ["req", "-new", "-nodes", "-newkey", "rsa:2048", "-config", f / "conf"]
    root = ["-x509", "-extensions", "root", "-subj", "/CN=root", "-days", "30"]
    openssl(*new, *root, "-keyout", f / "root.key", "-out", f / "root.pem")
    openssl(*new, "-subj", "/CN=tsa", "-keyout", f / "tsa.key", "-out", f / "tsa.csr")
    sign = ["x509", "-req", "-CA", f / "root.pem", "-CAkey", f / "root.key", "-CAcreateserial"]
    ext = ["-extfile", f / "conf", "-extensions", "ext", "-days", "30"]
    openssl(*sign, *ext, "-in", f / "tsa.csr", "-out", f / "tsa.pem")

    class Authority(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (f / "query").write_bytes(self.rfile.read(int(self.headers["content-length"])))
            reply = ["ts", "-reply", "-config", f / "conf", "-queryfile", f / "query"]
            openssl(*reply, "-out", f / "reply")
            self.send_response(200)
            self.end_headers()
            self.wfile.write((f / "reply").read_bytes())

        def log_message(self, *_arguments: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Authority)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", f / "root.pem"
    server.shutdown()
    thread.join()
    server.server_close()


def test_opened_ended_and_declared_are_stamped(site: Site, authority: tuple[str, Path]) -> None:
    url, root = authority
    log = site.app.state.log
    folder = log.cosigner.folder

    def due() -> bool:
        log.run_once()
        return stamp_when_due(log, url)

    scenario = Scenario(site.database).organise()
    election = scenario.draft(DIRECT, constituencies=["K3"])
    scenario.freeze(election)
    assert not due(), "nothing has happened yet that wants a stamp"
    scenario.make_keys(election)
    scenario.issue_credentials(election)
    scenario.seal(election)
    scenario.rehearse(election)
    for step in (scenario.open, scenario.close, scenario.decrypt, scenario.declare):
        step(election)
        wanted = step != scenario.decrypt
        assert due() is wanted, step.__name__
        assert not due(), "once is enough"
    sizes = timestamps.stamped_sizes(folder)
    assert len(sizes) == 3
    roots = timestamps.load_roots(root)
    assert all(timestamps.verify_stamp(folder, size, roots) for size in sizes)
    log.run_once()
    for size in sizes:
        token = hashlib.sha256((folder.path / "stamps" / f"{size}.tsr").read_bytes()).hexdigest()
        assert find(site.database, PUBLIC, "log/public", token=token) is not None


def test_an_authority_that_is_away_is_asked_again(site: Site, authority: tuple[str, Path]) -> None:
    log = site.app.state.log
    scenario = Scenario(site.database).organise()
    scenario.prepare(DIRECT, constituencies=["K3"])
    log.run_once()
    with pytest.raises(LogError, match="authority"):
        stamp_when_due(log, "http://127.0.0.1:1/")
    assert stamp_when_due(log, authority[0])

"""The people of the demonstration, each with what a person has: a browser with cookies, a phone
that shows codes, a sheet with a credential or a key on a stick. All they do goes through HTTP."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pyotp

from ballots import ballot, ceremony, credentials, keys, tally, trustees
from ballots.election import Election as BallotPaper
from ballots.encoding import dumps, sha256_base64
from ballots.group import get_group
from voting import results
from voting.trustees import COMMIT, DECRYPT, KEY, REHEARSE
from web.demo.clock import DemoClock
from web.pages.site.signins import PASSWORD

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_SECRET = re.compile(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}")
_WAITS = re.compile(r'action="/signatures/([0-9a-f]{32})/sign"')
Chooser = Callable[[BallotPaper, int], list[list[int]]]


@dataclass
class Visitor:
    """Somebody with an account."""

    url: str
    clock: DemoClock
    login: str
    totp: str = ""
    client: httpx2.Client = field(init=False)
    token: str = ""
    fingerprints: dict[str, str] = field(default_factory=dict)  # as first seen, by contest

    def __post_init__(self) -> None:
        self.client = httpx2.Client(base_url=self.url, timeout=120)

    def get(self, path: str) -> httpx2.Response:
        return _good(self.client.get(path))

    def post(self, path: str, data: dict[str, str]) -> httpx2.Response:
        return _good(self.client.post(path, data={"csrf_token": self.token, **data}))

    def send(self, path: str, raw: bytes) -> Any:
        """Raw JSON, as the scripts of the pages send it."""
        headers = {"X-CSRF-Token": self.token, "content-type": "application/json"}
        return _good(self.client.post(path, content=raw, headers=headers)).json()

    def paper(self, uuid: str) -> BallotPaper:
        """The ballot paper of a contest: the one that was published when it was sealed."""
        paper = BallotPaper.parse(self.get(f"/api/v1/contests/{uuid}/election").content)
        if self.fingerprints.setdefault(uuid, paper.fingerprint) != paper.fingerprint:
            raise RuntimeError(f"the server shows another ballot paper of contest {uuid}")
        return paper

    def enrol(self, link_token: str) -> None:
        """Follow the link of the letter: choose a password, scan the code."""
        page = self.get(f"/enrol/{link_token}").text
        self.token = _token(page)
        found = _SECRET.search(page)
        if found is None:
            raise RuntimeError("the enrolment page shows no secret")
        self.totp = found[0].replace(" ", "")
        self.post(
            f"/enrol/{link_token}", {"password": PASSWORD, "again": PASSWORD, "code": self.code()}
        )

    def code(self) -> str:
        """The next code of the phone: one that was not used yet."""
        self.clock.forward(seconds=30)
        return pyotp.TOTP(self.totp).at(self.clock())

    def sign_in(self) -> Visitor:
        self.token = _token(self.get("/sign-in").text)
        typed = {"login": self.login, "password": PASSWORD, "code": self.code(), "next": "/account"}
        answer = self.post("/sign-in", typed)
        if answer.status_code != 303:
            raise RuntimeError(f"{self.login} could not sign in")
        self.token = _token(self.get("/account").text)
        return self

    def sign_what_waits(self) -> None:
        """The second signature under everything on the own desk."""
        waiting = _WAITS.findall(self.get("/signatures").text)
        if not waiting:
            raise RuntimeError(f"nothing waits for {self.login}")
        for pending in waiting:
            self.post(f"/signatures/{pending}/sign", {})

    def sign_out(self) -> None:
        self.post("/sign-out", {})
        self.client.cookies.clear()


@dataclass
class Voter(Visitor):
    """A member with the credentials that came in the mail, one for each contest."""

    secrets: dict[str, str] = field(default_factory=dict)
    receipts: list[str] = field(default_factory=list)

    def vote(self, uuid: str, choose: Chooser, number: int) -> str:
        """Open the ballot, encrypt, sign, cast, keep the receipt. -> the tracker"""
        self.sign_in()
        self.post(f"/ballots/{uuid}", {})
        paper = self.paper(uuid)
        raw = ballot.encrypt(paper, self.secrets[uuid], choose(paper, number))
        answer = self.send(f"/api/v1/contests/{uuid}/ballots", raw)
        if answer["tracker"] != sha256_base64(raw):
            raise RuntimeError("the server answered with another ballot's tracker")
        self.receipts.append(answer["receipt"])
        self.sign_out()
        return str(answer["tracker"])


@dataclass
class Trustee(Visitor):
    """Holds a key; `folder` is the stick on which it is."""

    private: dict[str, str] = field(default_factory=dict)  # election code -> private key
    public: dict[str, bytes] = field(default_factory=dict)

    def work(self, code: str) -> None:
        """All that is this trustee's to do now."""
        self.sign_in()
        path = f"/api/v1/elections/{code}/trustee"
        task = self.get(path).json()
        while task["step"] is not None and not task["waiting_for"]:
            self._step(code, path, task)
            task = self.get(path).json()
            if task["step"] == DECRYPT and all(c["decrypted"] for c in task["contests"]):
                break
        self.sign_out()

    def _step(self, code: str, path: str, task: dict[str, Any]) -> None:
        step = task["step"]
        if step == COMMIT:
            group = get_group(task["election"]["group"])
            self.private[code], public = trustees.generate_single(group)
            self.public[code] = dumps(public)
            self.send(f"{path}/steps/{COMMIT}", dumps(keys.commitment(public)))
        elif step == KEY:
            self.send(f"{path}/steps/{KEY}", self.public[code])
        elif step == REHEARSE:
            self._rehearse(code, path)
        elif step == DECRYPT:
            for contest in task["contests"]:
                if not contest["decrypted"]:
                    self._decrypt(code, path, contest)
        else:
            raise RuntimeError(f"a single trustee has no step {step}")

    def _rehearse(self, code: str, path: str) -> None:
        """The test tally is made anew too: nothing that was only handed over is decrypted."""
        given = self.get(f"{path}/rehearsal").json()
        paper = self.paper(given["uuid"])
        own = results.rehearsal_tally(paper)
        if dumps(given["encrypted_tally"]) != own:
            raise RuntimeError("this is not the test tally")
        test = tally.parse_tally(paper, own)
        share = tally.partial_decryption(paper, test, self.private[code])
        self.send(f"{path}/steps/{REHEARSE}", share)

    def _decrypt(self, code: str, path: str, contest: dict[str, Any]) -> None:
        """Only what was added up anew from the closed archive is decrypted."""
        archive = self.get(f"/api/v1/contests/{contest['uuid']}/archive").content
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{contest['uuid']}.bel"
            file.write_bytes(archive)
            fingerprint = self.paper(contest["uuid"]).fingerprint
            made = ceremony.decrypt_archive(file, self.private[code], fingerprint)
        self.send(f"{path}/decryptions/{contest['uuid']}", made.raw)


class Registrar(Visitor):
    def issue(self, uuid: str) -> dict[str, str]:
        """A secret for each voter; only the public ones are sent. -> by member number"""
        contest = self.get(f"/api/v1/contests/{uuid}/roll").json()
        group = get_group(contest["group"])
        made = {voter["member_no"]: credentials.generate() for voter in contest["roll"]}
        public = [credentials.public_credential(group, uuid, secret) for secret in made.values()]
        listed = credentials.sort_public(group, public)
        self.send(f"/api/v1/contests/{uuid}/credentials", dumps(list(listed)))
        return made


def _good(answer: httpx2.Response) -> httpx2.Response:
    if answer.status_code >= 400:
        path = answer.request.url.path
        raise RuntimeError(
            f"{answer.request.method} {path}: {answer.status_code} {answer.text[:500]}"
        )
    return answer


def _token(page: str) -> str:
    found = _TOKEN.search(page)
    if found is None:
        raise RuntimeError("the page has no form token")
    return unescape(found[1])

"""For every check, something that only this check notices: an archive, or a call.

``CORPUS`` names archives in tests/vectors; ``FORGED`` has small elections with one change;
``CALLS`` are for checks of what is not in an archive. Together they cover ``checks.CHECKS``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from ballots import ballot, ceremony, channel, credentials, encoding, lot, threshold, trustees
from ballots.archive import Writer, diff
from ballots.ballot import Opening
from ballots.encoding import dumps
from ballots.group import Scalar, get_group
from ballots.questions import HomomorphicQuestion, NonHomomorphicQuestion
from ballots.verifier import merge, verify
from tests.ballots.forge import GRADES, YES_NO, Forge, on_json
from tests.ballots.makers import ED25519, SECRET, make_election

CORPUS = {
    "encoding.number": "ballot-encoding--signature-leading-zero",
    "encoding.fields": "ballot-encoding--proof-field-order",
    "group.scalar-range": "ballot-encoding--scalar-plus-q",
    "group.membership": "group--belenios2048-alpha-order-2",
    "group.identity": "group--alpha-identity",
    "election.version": "setup--version-2",
    "credential.duplicate": "setup--credential-duplicated",
    "credential.order": "setup--credentials-unsorted",
    "ballot.election-uuid": "ballot-election--uuid",
    "ballot.election-hash": "ballot-election--hash",
    "ballot.shape": "ballot-proof--individual-extra-disjunct",
    "ballot.signature-hash": "ballot-signature--signed-other-hash",
    "ballot.signature": "ballot-signature--by-other-voter",
    "ballot.individual-proof": "ballot-proof--value-two",
    "ballot.overall-proof": "ballot-proof--too-many-choices",
    "ballot.blank-proof": "ballot-proof--blank-swapped",
    "ballot.nonhomomorphic-proof": "ballot-proof--nh-response",
    "ballot.list-proof": "ballot-proof--list-proof-swapped",
    "ballot.nonzero-commitment": "ballot-proof--list-no-candidate",
    "ballot.nonzero-proof": "ballot-proof--list-nonzero-response",
    "ballot.credential": "ballot-credential--not-in-list",
    "container.checksum": "container--checksum",
    "container.time": "container--mtime-of-one-record",
    "container.magic": "container--ustar-magic",
    "container.padding": "container--padding-not-zero",
    "container.complete": "container--truncated-padding",
    "container.end": "container--trailing-garbage",
    "container.end-mark": "container--trailing-zero-blocks",
    "container.version": "container--version-2",
    "container.name": "chain--data-name-wrong",
    "chain.parent": "chain--wrong-parent",
    "chain.height": "chain--wrong-height",
    "chain.order": "chain--ballot-after-endballots",
    "chain.payload": "chain--payload-not-found",
    "chain.records": "container--record-duplicated",
    "chain.repeated": "ballot-duplicate--same-ballot-twice",
    "chain.unfinished": "control--in-progress-ballots",
    "setup.public-key": "setup--public-key-mismatch",
    "trustee.knowledge": "setup--trustee-pok",
    "threshold.context": "setup--threshold-certificate-index",
    "threshold.certificate": "setup--threshold-certificate-signature-only",
    "threshold.coefficients": "setup--threshold-coefexps-signature",
    "threshold.degree": "setup--threshold-too-many-coefficients",
    "threshold.agreement": "setup--threshold-signature-list",
    "tally.count": "tally--num-tallied",
    "tally.weight": "tally--total-weight",
    "tally.ciphertexts": "tally--swapped-consistent",
    "tally.order": "tally--nh-ballot-order",
    "shuffle.proof": "shuffle--ciphertext-replaced",
    "decryption.proof": "decryption--false-factor-consistent-result",
    "decryption.missing": "decryption--missing-trustee",
    "result.shape": "result--count-extra",
    "result.value": "result--plus-one",
    "result.form": "result--unknown-field",
}


# Changes of single texts


def _with(**fields: Any) -> Callable[[bytes], bytes]:
    return on_json(lambda value: {**value, **fields})


def _spaced(raw: bytes) -> bytes:
    return raw.replace(b":", b": ", 1)


def _last_credential(change: Callable[[str], str]) -> Callable[[bytes], bytes]:
    """Changes the entry of a voter who does not vote, and keeps the order."""
    return on_json(lambda entries: [*entries[:-1], change(entries[-1])])


def _pedersen(change: Callable[[Any], None]) -> Callable[[bytes], bytes]:
    def changed(raw: bytes) -> bytes:
        items = json.loads(raw)
        change(items[1][1])
        return dumps(items)

    return changed


def _one_key_more(parameters: Any) -> None:
    parameters["verification_keys"].append(parameters["verification_keys"][0])


def _wrong_signature(parameters: Any) -> None:
    proof = parameters["verification_keys"][2]["signature"]
    proof["response"] = str(int(proof["response"]) - 1)


def _entry_too_much(raw: bytes) -> bytes:
    value = json.loads(raw)
    for name in value:
        value[name][0].append(value[name][0][0])
    return dumps(value)


def _ballot_too_much(raw: bytes) -> bytes:
    value = json.loads(raw)
    value["ciphertexts"][0].append(value["ciphertexts"][0][0])
    return dumps(value)


def _count_plus_q(raw: bytes) -> bytes:
    value = json.loads(raw)
    value["result"][0][0] = str(value["result"][0][0] + ED25519.order)
    return dumps(value)


# Elections that need more than one change


def _other_key(path: Path) -> Path:
    """The third threshold trustee has another key than its share of the polynomials, signed and
    proved; the shares of the other two are enough for the result."""
    forge = Forge(threshold=True)

    def changed(parameters: Any) -> None:
        private, public = trustees.generate_single(ED25519)
        keys = channel.derive(ED25519, forge.seeds[2])
        signed = channel.sign(ED25519, keys.signing, public["public_key"])
        parameters["verification_keys"][2] = public | {"signature": signed["signature"]}
        forge.keys[3] = private

    forge.trustees = _pedersen(changed)
    return forge.write(path)


def _shared_randomness(path: Path) -> Path:
    def fixed(context: Any, seed: bytes, question: int, count: int) -> list[Scalar]:
        return [Scalar(7 + question * 10 + i) for i in range(count)]

    with mock.patch.object(ballot, "_randomness", fixed):
        return Forge().write(path)


def _one_key_twice(path: Path) -> Path:
    forge = Forge()

    def changed(raw: bytes) -> bytes:
        forge.keys[1] = forge.keys[0]
        return dumps([json.loads(raw)[0]] * 2)

    forge.trustees = changed
    return forge.write(path)


def _odd_header(path: Path) -> Path:
    raw = bytearray(Forge().write(path).read_bytes())
    raw[108:115] = b"0000001"  # the owner of the file, where archives have 0
    raw[154:156] = b"\0 "
    checksum = sum(raw[:148]) + 8 * 32 + sum(raw[156:512])
    raw[148:156] = b"%06o\0 " % checksum
    path.write_bytes(raw)
    return path


def _unknown_event(_: Forge, writer: Writer) -> None:
    writer.event("Comment", writer.data(b'"hello"'))


def _repeat_share(owner: int, number: int) -> Callable[[Forge, Writer], None]:
    return lambda forge, writer: forge.share(writer, owner, number)


TOO_MANY = NonHomomorphicQuestion("Grades?", tuple("abcdefghijklmnopqrstuvwxyzABCDE"))
NO_NUMBER = HomomorphicQuestion("Impossible?", ("one", "two"), None, 2, 1)
MIXED = {"questions": (YES_NO, GRADES), "choices": ([[1, 0], [3, 4]], [[0, 1], [5, 6]])}

FORGED: dict[str, Callable[[Path], Path]] = {
    "encoding.canonical": Forge(result=_spaced).write,
    "encoding.type": Forge(election=_with(description=5), tolerate=("encoding.type",)).write,
    "group.name": Forge(election=_with(group="ed25519"), tolerate=("group.name",)).write,
    "group.encoding": Forge(credentials=_last_credential(str.upper)).write,
    "group.embedding": Forge(
        questions=(TOO_MANY,), choices=(), tolerate=("group.embedding",)
    ).write,
    "election.uuid": Forge(uuid="short", tolerate=("election.uuid",)).write,
    "election.questions": Forge(
        questions=(YES_NO, NO_NUMBER), choices=(), tolerate=("election.questions",)
    ).write,
    "credential.weight": Forge(credentials=_last_credential(lambda entry: f"{entry},0")).write,
    "ballot.duplicate-ciphertext": _shared_randomness,
    "container.header": _odd_header,
    "chain.type": Forge(extra={"Ballot": _unknown_event}).write,
    "setup.weights": Forge(**MIXED, credentials=_last_credential(lambda entry: f"{entry},2")).write,
    "trustee.duplicate": _one_key_twice,
    "threshold.shape": Forge(
        threshold=True, trustees=_pedersen(_one_key_more), tolerate=("threshold.shape",)
    ).write,
    "threshold.signature": Forge(threshold=True, trustees=_pedersen(_wrong_signature)).write,
    "threshold.key": _other_key,
    "tally.shape": Forge(tally=on_json(lambda v: [[*v[0], v[0][0]]])).write,
    "shuffle.shape": Forge(**MIXED, shuffled=_ballot_too_much).write,
    "shuffle.owner": Forge(**MIXED, shuffle_owner=lambda owner: owner + 7).write,
    "decryption.owner": Forge(extra={"PartialDecryption": _repeat_share(9, 1)}).write,
    "decryption.duplicate": Forge(extra={"PartialDecryption": _repeat_share(1, 1)}).write,
    "decryption.shape": Forge(shares=_entry_too_much).write,
    "result.range": Forge(result=_count_plus_q).write,
}


# What is not in an archive


def _open(change: Callable[[Opening], Opening]) -> Callable[[Path], object]:
    def call(_: Path) -> object:
        election = make_election(YES_NO)
        raw, opening = ballot.encrypt_opened(election, SECRET, [[1, 0]])
        return ballot.open_(election, raw, change(opening))

    return call


def _ceremony() -> tuple[list[str], list[Any], list[Any]]:
    made = [threshold.make_certificate(ED25519, 2, 2, i) for i in (1, 2)]
    seeds, certificates = [seed for seed, _ in made], [certificate for _, certificate in made]
    return (
        seeds,
        certificates,
        [threshold.make_polynomial(ED25519, seed, certificates, 2) for seed in seeds],
    )


def _letter_to_another(_: Path) -> object:
    """A correct letter for trustee 2, encrypted again for trustee 1 by the courier."""
    first, second = (channel.derive(ED25519, channel.new_seed()) for _ in range(2))
    letter = dumps({"recipient": second.encryption.text, "message": "hello"}).decode()
    signed = dumps(channel.sign(ED25519, first.signing, letter))
    carried = channel._encrypt(ED25519, first.encryption, signed)
    return channel.receive(ED25519, first, first.verification, carried, "letter")


def _share_off_the_curve(_: Path) -> object:
    seeds, certificates, polynomials = _ceremony()
    keys = [channel.derive(ED25519, seed) for seed in seeds]
    polynomials[1]["secrets"][0] = channel.send(
        ED25519, keys[1].signing, keys[0].encryption, '{"secret":"5"}'
    )
    vinput = threshold.make_vinput(polynomials, 1)
    return threshold.make_voutput(ED25519, seeds[0], certificates, 2, vinput)


def _parts_of_two_archives(path: Path) -> object:
    """Of an archive with a wrong result only the part that does not look at the result; the other
    part is that of a good archive."""
    bad = verify(Forge(result=_count_plus_q).write(path), shard=(1, 2))
    good = verify(Forge().write(path), shard=(2, 2))
    return merge([bad.to_json(), good.to_json()])


def _shorter(path: Path) -> object:
    longer = Forge().write(path.with_suffix(".old"))
    reader_end = Forge(stop="Result").write(path)
    return diff(longer, reader_end)


def _wrong_fingerprint(path: Path) -> object:
    forge = Forge(stop="Result")
    forge.write(path)
    return ceremony.decrypt_archive(path, forge.keys[0], "another")


def _lot(change: Callable[[dict[int, bytes]], object]) -> Callable[[Path], object]:
    """Draw from the shares of a single trustee and of two of three, after a change."""

    def draw(path: Path) -> object:
        forge = Forge(threshold=True)
        forge.write(path)
        structure = trustees.parse_trustees(forge.trustees(forge._trustees()), forge.group)
        shares = {n: lot.share(forge.made, "00" * 32, forge.keys[n - 1]) for n in (1, 2, 3)}
        change(shares)
        return lot.seed(forge.made, structure, "00" * 32, shares)

    return draw


CALLS: dict[str, Callable[[Path], object]] = {
    "encoding.size": lambda _: encoding.loads_strict(b'"long"', "text", max_bytes=5),
    "encoding.nesting": lambda _: encoding.loads_strict(b"[" * 17 + b"]" * 17, "text"),
    "credential.format": lambda _: credentials.derive(ED25519, "", "0OIl"),
    "ballot.choices": lambda _: ballot.check_choices(make_election(YES_NO), [[1, 1]]),
    "opening.tracker": _open(lambda o: Opening("other", o.seed, o.choices)),
    "opening.ciphertext": _open(lambda o: Opening(o.tracker, bytes(32), [[1, 1]])),
    "opening.choices": _open(lambda o: Opening(o.tracker, o.seed, [[0, 1]])),
    "opening.seed": lambda _: ballot.parse_opening(
        dumps({"tracker": "", "seed": "AB" * 32, "choices": []})
    ),
    "chain.extension": _shorter,
    "shard.mismatch": _parts_of_two_archives,
    "trustee.commitment": lambda _: trustees.check_commitment("00" * 32, {}, "key"),
    "threshold.channel": _letter_to_another,
    "threshold.secret": _share_off_the_curve,
    "threshold.seed": lambda _: channel.derive(get_group("Ed25519"), "0OIl"),
    "decryption.refused": _wrong_fingerprint,
    "lot.proof": _lot(lambda shares: shares.update({2: shares[3]})),
    "lot.owner": _lot(lambda shares: shares.update({9: shares[3]})),
    "lot.missing": _lot(lambda shares: shares.pop(3)),
}

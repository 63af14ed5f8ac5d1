"""The published record of an election or of a whole term: write, read, verify. No database.

    RECORD/
      README.txt          what this is and the command that verifies it, in both languages
      manifest.json       the SHA-256 of every other file
      election.json       what the election is, its contests and candidates
      profile.json        the adopted rules
      contests/CODE/UUID.bel, contests/CODE/declaration.json
      log/                the public log of the deployment, with its keys

A zip holds the same files, stored and in one possible way, so that each of its bytes is fixed.
A term is a folder of such folders and `term.json`.
"""

from voting.record.verify import verify_bundle
from voting.record.write import ContestFiles, Source, write_folder, write_term, write_zip

__all__ = [
    "ContestFiles",
    "Source",
    "verify_bundle",
    "write_folder",
    "write_term",
    "write_zip",
]

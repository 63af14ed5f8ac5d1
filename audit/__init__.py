"""The transaction that every change goes through, and a log that others can verify.

- `database`: a transaction carries the session and the entries to log; `changes` refuses a commit
  that changed something and recorded nothing. `models` has the base of all tables.
- `entries`: types of entries and their canonical bytes. `types`: those of the deployment itself.
- `log`: the sequencer, the only writer of a log; `folder`: its files; `rows`: its rows;
  `startup`: the guard; `recovery`: after a loss; `service`: all of it in a running server.
- `merkle`, `note`, `keys`, `tiles`, `proofs`, `receipts`, `policy`: the formats, as C2SP and
  RFC 6962 define them. No database, no clock.
- `keyfiles`, `rotation`: private keys. `timestamps`: RFC 3161.
- `witness`, `cosigning`: both sides of the witness protocol. `monitor`: the outsider's memory.
- `verifier`: an export from outside, with `chunks`, `leftovers` and `sources`.

Errors: `audit.errors.LogError` for what the log must be and is not, `DomainError` for people.
"""

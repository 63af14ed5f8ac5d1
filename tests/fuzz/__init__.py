"""Coverage-guided fuzzing of everything that reads bytes from outside.

``python -m tests.fuzz --seconds 600`` is the long run, ``test_fuzz.py`` the short one. The rule is
one for all targets: whatever the bytes are, they are accepted in their canonical form or refused
with a BallotError; another exception, a hang or a leak of memory is a finding.
"""

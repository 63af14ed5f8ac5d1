"""Coverage-guided fuzzing of everything that reads bytes from outside.

``python -m tests.fuzz --seconds 600`` is the long run, ``test_fuzz.py`` the short one. The rule is
one for all targets: whatever the bytes are, they are accepted in their canonical form or refused
with the errors that callers of that room expect; another exception, a hang or a leak of memory is a
finding, whose input then stands in ``test_findings.py``.
"""

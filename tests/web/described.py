"""`python -m tests.web.described > docs/openapi.json`, then `npm run api` in web/frontend."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from web.api import description
from web.app import create_app
from web.settings import Settings


def written() -> str:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder)))
        made = description.document(app)
        app.state.database.close()
    return json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(written())

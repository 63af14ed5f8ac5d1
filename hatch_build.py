"""What hatchling asks: the wheel and the sdist carry the browser's modules, built."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildHook(BuildHookInterface):  # type: ignore[type-arg]
    def dependencies(self) -> list[str]:
        """Without Node on the machine, Node comes as a Python package."""
        frontend = self._frontend()
        if frontend.is_fresh() or frontend.path_with_node():
            return []
        return [frontend.WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":  # in a checkout make builds them
            self._frontend().build()

    def _frontend(self) -> ModuleType:
        path = Path(self.root) / "web" / "frontend" / "build.py"
        spec = spec_from_file_location("frontend_build", path)
        if spec is None or spec.loader is None:
            raise ImportError(path)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

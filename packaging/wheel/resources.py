"""Puts what is no Python into a wheel, where `elsipo.resources` looks for it: the built frontend, kit and examples.

Run by the build backend. An installation of the sources (`pip install -e`) reads them from where they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_FOLDERS = {
    "frontend/dist": "elsipo/_resources/frontend",
    "packaging/provider": "elsipo/_resources/provider",
    "bridge_spec/examples": "elsipo/_resources/examples",
}


class Resources(BuildHookInterface[Any]):
    """Adds them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the wheel is written.

        Raises:
            FileNotFoundError: the frontend is not built.
        """
        if version == "editable":
            return
        root = Path(self.root)
        if not (root / "frontend/dist/elsipo.js").is_file():
            raise FileNotFoundError("Build the frontend first: make frontend/dist/elsipo.js")
        build_data["force_include"].update({str(root / folder): place for folder, place in _FOLDERS.items()})

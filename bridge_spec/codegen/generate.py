"""Generate all code that follows from bridge_spec. `--check` changes nothing and fails on a difference.

Only starts bridge_spec.codegen.command, so that the tool runs by path from any folder.
"""

import runpy
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
runpy.run_module("bridge_spec.codegen.command", run_name="__main__")

"""How an engine is started. Imports nothing, for it is wanted before all else."""

from __future__ import annotations

import sys
from typing import Final

ENGINE_ARGV: Final = [sys.executable, "-m", "elsipo.engine"]

ENGINE_PRELOADED: Final = "elsipo.engine.preloaded"
"""What a fork server imports for all engines."""

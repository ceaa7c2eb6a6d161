"""The errors that may cross a boundary: `ElsipoError` and a class for each row of bridge_spec/errors.yaml.

Must not know any stream or SIP.
"""

from elsipo.rpc._generated.errors import *  # noqa: F403 - the generated __all__ is the list of rows
from elsipo.rpc.error_base import ElsipoError as ElsipoError  # noqa: PLC0414 - a re-export

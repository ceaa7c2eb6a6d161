"""Imported by the process that engines are forked from: what each of them would else import and build for itself.

A model's validator is made when it is first used. Each engine would do so in memory that it could share.
Must start no thread, and nothing of pjsip.
"""

from __future__ import annotations

from elsipo.engine import process  # noqa: F401 - with all that an engine imports
from elsipo.rpc._generated import engine as contract

for request in contract.METHODS.values():
    request.build()
for notification in contract.NOTIFICATIONS.values():
    notification.build()

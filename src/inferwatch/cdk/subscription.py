"""What of a log group's lines goes to whoever keeps them: the records of inferences.

A log group has two subscriptions at most, and here each part that keeps records takes one: the lake and the history.
Where both are, a third reader takes its records from the lake, or from a stream of its own that replaces one of them.
"""

from __future__ import annotations

from inferwatch.spec import record

TRANSACTIONS = f'{{ $.type = "{record.RECORD_TYPE}" }}'
"""The pattern of the filter: neither the runtime's lines nor what else is printed."""

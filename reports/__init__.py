"""Tell what the scores say: one content, three renderings.

:func:`write` reads a scores folder and nothing else, arranges its numbers into a
:class:`reports.content.Report`, and renders that as PDF, HTML and JSON.
"""

from reports.writer import write, write_changes

__all__ = ["write", "write_changes"]

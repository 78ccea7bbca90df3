"""Can the classes be told without looking at any lesion? Then no map needs to find one.

:func:`audit` tries: gray levels, border, spectrum, thumbnail, file size, order, the
image with its lesions blanked out. :func:`keep_budget` refuses a dataset that leaks.
"""

from simbench.audit.auditing import audit
from simbench.audit.intervals import auroc_interval
from simbench.audit.sampling import CONFOUNDED, INDEXED
from simbench.audit.verdicts import keep_budget, table

__all__ = ["CONFOUNDED", "INDEXED", "audit", "auroc_interval", "keep_budget", "table"]

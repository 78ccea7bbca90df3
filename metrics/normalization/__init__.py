"""Score maps again under other normalizations.

The default, min-max in each image, is a choice. Others (:mod:`.table`) move thresholds,
some make ties; an order of methods that flips with them should not be claimed.
"""

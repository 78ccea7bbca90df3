"""How hard a lesion is to see, known from the physics before any network looks.

Contrast to noise (:mod:`~simbench.difficulty.cnr`), ideal and linear observers
(:mod:`~simbench.difficulty.ideal`, :mod:`~simbench.difficulty.channelized`), search
(:mod:`~simbench.difficulty.location`), and amplitudes of a wanted detectability
(:mod:`~simbench.difficulty.amplitude`).
"""

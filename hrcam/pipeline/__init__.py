"""The stages of a comparison, on arrays in memory and from folder to folder.

Each stage is one function, offered as ``hrcam.generate``, ``hrcam.train``,
``hrcam.explain``, ``hrcam.score`` and ``hrcam.report``. Without ``out`` a stage keeps
its result in memory; with ``out`` it writes a folder under a temporary name and renames
it when it is whole, so nothing half-written is ever read.
"""

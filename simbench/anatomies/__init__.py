"""The table of anatomies: one file and one word each."""

from simbench.anatomies import bone, head, midbrain, skin, uniform

ANATOMIES = {
    entry.ANATOMY.name: entry.ANATOMY for entry in (head, bone, midbrain, skin, uniform)
}

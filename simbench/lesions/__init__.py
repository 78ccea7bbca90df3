"""The table of lesions: one file and one word each."""

from simbench.lesions import (
    atrophy,
    blotches,
    focal,
    fracture,
    local_variance,
    mass_effect,
    micro_lesions,
    multifocal,
    nuclei_loss,
    ring,
    spiculated,
    texture_swap,
    widespread,
)

LESIONS = {
    entry.LESION.name: entry.LESION
    for entry in (
        blotches,
        focal,
        multifocal,
        ring,
        spiculated,
        mass_effect,
        atrophy,
        fracture,
        local_variance,
        micro_lesions,
        nuclei_loss,
        texture_swap,
        widespread,
    )
}

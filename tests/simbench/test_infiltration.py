import numpy as np
import pytest
from scipy import ndimage

from simbench.infiltration import infiltrating
from simbench.streams import stream


class Plain:
    tint = (1.0,)


def everywhere(_parameters, _place, size):
    return np.ones(size, np.float32)


def test_what_is_added_ends_where_the_tissue_does(scene_of):
    before = scene_of(psf=0.0)
    change = infiltrating(everywhere)(
        Plain(), {"amplitude": 0.5}, before, stream(0, "lesion_texture", 0)
    )
    home = before.body.home
    added = change.scene.intensity[0] - before.intensity[0]
    deep = ndimage.binary_erosion(home, np.ones((3, 3)), iterations=2)
    far = ~ndimage.binary_dilation(home, np.ones((3, 3)), iterations=2)
    assert added[deep] == pytest.approx(0.5, abs=1e-6)
    assert (change.scene.intensity[0][far] == before.intensity[0][far]).all()
    # half of it at the border: as much is lost within as is gained without
    assert added.sum() == pytest.approx(0.5 * home.sum(), rel=1e-3)
    assert change.mean[0] == pytest.approx(added, abs=1e-6)
    assert not change.variance.any()

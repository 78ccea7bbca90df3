from simbench.anatomies.head import ANATOMY, Head
from simbench.streams import stream


def test_the_corners_are_outside():
    for index in range(20):
        source = stream(0, "anatomy", index)
        body = ANATOMY.draw(Head(kind="head"), (64, 64), source)
        assert not body.tissue[[0, 0, -1, -1], [0, -1, 0, -1]].any()
        assert not body.intensity[0, [0, 0, -1, -1], [0, -1, 0, -1]].any()

"""Write where the units of each stock network look, beside what half-pixel says."""

from collections.abc import Iterator

from _rst import heading

from hrcam.engine.keras_models.graph import readout, tapped
from hrcam.engine.keras_models.places import geometry
from hrcam.engine.keras_models.tracing import trace
from hrcam.engine.networks import NETWORKS, Plan, build

#: Rows, columns and channels of the images.
SHAPE = (224, 224, 3)

ABOUT = """\
A map of a deep layer has one value for every 8, 16 or 32 pixels, and it must be said
where in the image each value belongs before it is enlarged. There are three alignments:

``receptive_field`` (the default)
    the middle of the unit's receptive field, from kernel, stride, dilation and padding
    of every operation between the image and the layer;
``half_pixel``
    the middle of the unit's share when the image is cut into as many equal parts as
    the map has units: what most libraries do, and what the paper did;
``corners``
    the first and the last unit lie on the first and the last pixel.

With pooling of 2 x 2 the first two agree. A strided convolution with symmetric padding,
as in ResNet, looks at multiples of its stride: unit i at pixel *stride* x *i*, while
half-pixel puts it at *stride* x *i* + (*stride* - 1) / 2: too far down and to the
right, by 15.5 pixels at stride 32. MobileNetV2 and EfficientNet pad behind only, so
that their units look at the last pixel of their share, and half-pixel puts them too far
up and to the left, by as much.

A convolution of stride s, dilation d, kernel k and p rows of padding in front looks,
for its unit i, at units s i - p ... s i - p + d (k - 1) of its input; the middle of
these is s i + d (k - 1) / 2 - p. Put one into the other, this gives the *offset*, where
unit 0 looks, and the *stride*, how far apart units look. The tests compare both with
the center of mass of a unit's gradient. ``same`` padding of a strided convolution
depends on the size: for even sizes there is one row more behind than in front.

The table holds for images of 224 x 224 pixels; rows and columns have the same numbers.
The shift is how far half-pixel alignment puts a value from where its unit looks, in
pixels down and to the right.
"""


def alignment() -> str:
    """Return the page: a table for each network that weights are trained for."""
    parts = [heading("Where a unit looks"), ABOUT]
    for network in NETWORKS.values():
        if network.stock:
            parts += [heading(network.label, 1), _table(_rows(network.name))]
    return "\n".join(parts)


def _rows(name: str) -> Iterator[tuple[str, ...]]:
    """Yield the layers of a network with size, stride, offset, half-pixel, shift."""
    graph = trace(build(name, Plan(SHAPE, 2, 128.0, 4000.0)), SHAPE)
    for layer, tensor in tapped(graph, readout(graph).tensor).items():
        rows, columns = graph.shapes[tensor][1:3]
        place = geometry(graph, tensor)
        if place is None:
            yield f"``{layer}``", f"{rows} x {columns}", *("unknown",) * 4
            continue
        half = (SHAPE[0] / rows - 1) / 2
        numbers = place.stride[0], place.offset[0], half, half - place.offset[0]
        yield f"``{layer}``", f"{rows} x {columns}", *(f"{x:g}" for x in numbers)


def _table(rows: Iterator[tuple[str, ...]]) -> str:
    titles = ("layer", "size", "stride", "offset", "half-pixel", "shift")
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (titles, *rows):
        lines += [f"   {'*' if not i else ' '} - {x}" for i, x in enumerate(row)]
    return "\n".join([*lines, ""])

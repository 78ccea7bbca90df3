"""What the network says while pixels go, or come back, in the order of each map."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reports.figures.canvas import WIDTH, place, render
from reports.figures.styles import Style, styles
from reports.folder import Folder
from reports.wording import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TOP, _SIDE, _LEFT, _GAP, _BOTTOM, _COLUMNS = 6.0, 34.0, 9.0, 4.0, 9.0, 4
_OTHER = (
    *("#0072B2", "#E69F00", "#009E73", "#D55E00"),
    *("#56B4E9", "#CC79A7", "#999933", "#000000"),
)
#: Baselines look alike elsewhere; here their lines cross.
_GRAYS = (
    *(Style("#6e6e6e", (0, (1, 1.5))), Style("#a8a8a8", "-")),
    *(Style("#6e6e6e", (0, (5, 2))), Style("#b8b8b8", (0, (3, 1, 1, 1)))),
)


def draw_deletion(
    folder: Folder, found: Mapping[str, Any], panes: Sequence[tuple[str, str, str]]
) -> bytes:
    """Draw a pane per order and fill, a line per entry.

    Parameters
    ----------
    folder
        For the looks of entries that are scored too.
    found
        The evidence ``sanity``.
    panes
        Order, fill and title of each pane.
    """
    entries = found["entries"]
    looks = _looks(folder, entries)
    wide = (WIDTH - _LEFT - _GAP * (len(panes) - 1)) / max(len(panes), 3)
    legend = 4.0 * -(-len(entries) // _COLUMNS)

    def paint(figure: "Figure") -> None:
        first = None
        for k, (order, fill, title) in enumerate(panes):
            axes = place(figure, _LEFT + k * (wide + _GAP), _TOP, wide, _SIDE)
            for entry in entries:
                key = f"{entry['name']}/{order}/{fill}"
                curve = found["curves"]["entries"].get(key)
                if curve is not None:
                    _draw(axes, found["curves"]["fractions"], curve, looks, entry)
            _finish(axes, title, labelled=k == 0)
            first = first or axes
        if first is not None:
            figure.legend(
                *first.get_legend_handles_labels(),
                loc="lower center",
                ncols=_COLUMNS,
                handlelength=4,
                borderaxespad=0.1,
            )

    return render("deletion", (WIDTH, _TOP + _SIDE + _BOTTOM + legend), paint)


def _looks(folder: Folder, entries: Sequence[Mapping[str, Any]]) -> dict[str, Style]:
    """Give entries the look that they have elsewhere, and others one of their own."""
    known = styles(folder)
    names = [entry["name"] for entry in entries]
    strange = [name for name in names if name not in known]
    fresh = {
        name: Style(_OTHER[k % len(_OTHER)], (0, (4, 1 + k // len(_OTHER))))
        for k, name in enumerate(strange)
    }
    plain = [entry["name"] for entry in entries if entry["kind"] != "model"]
    gray = {name: _GRAYS[k % len(_GRAYS)] for k, name in enumerate(plain)}
    return {**fresh, **{n: known[n] for n in names if n in known}, **gray}


def _draw(
    axes: "Axes",
    fractions: Sequence[float],
    curve: Mapping[str, Any],
    looks: Mapping[str, Style],
    entry: Mapping[str, Any],
) -> None:
    values = [float("nan") if v is None else v for v in curve["probability"]]
    look = looks[entry["name"]]
    axes.plot(
        fractions,
        values,
        color=look.color,
        ls=look.line,
        lw=1.1,
        label=shorten(str(entry["label"]), 34),
    )


def _finish(axes: "Axes", title: str, *, labelled: bool) -> None:
    axes.set_title(title, fontsize=6.5)
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xticks([0, 0.5, 1], labels=["0%", "50%", "100%"])
    axes.get_xticklabels()[0].set_horizontalalignment("left")
    axes.get_xticklabels()[-1].set_horizontalalignment("right")
    axes.set_yticks([0, 0.5, 1], labels=["0", "0.5", "1"] if labelled else [])
    axes.grid(visible=True)
    axes.set_xlabel("share of the pixels")
    if labelled:
        axes.set_ylabel("probability of the class")

"""What a multiverse is asked to hold, and where its files are."""

from dataclasses import dataclass
from pathlib import Path

from hrcam.pipeline.multiverse.plan import cell_name

#: Specifications of ``--quick``, and images of its comparison with reliance.
QUICK = 200
QUICK_IMAGES = 60

#: Version of ``multiverse.json``.
SCHEMA = 1

#: Files of a finished multiverse.
TABLE, RESULTS, PLAN = "multiverse.parquet", "multiverse.json", "plan.json"

#: The report, PDF first; the twins stand beside it.
REPORT = "report.pdf"


@dataclass(frozen=True)
class Asked:
    """What a multiverse is to hold.

    Parameters
    ----------
    networks
        Names of networks that are trained.
    seeds
        Training seeds.
    data_seeds
        Seeds of the recipe; empty for the recipe's own.
    specifications
        At least so many for each rival and endpoint; 0 for all there are.
    epochs
        Passes of each training; 0 keeps the default.
    images
        Test images of the comparison with reliance; 0 for all, -1 to leave it out.
    margin
        Largest difference that does not matter.
    quick
        Whether the study is stamped as a quick one.
    workers
        Processes that draw images, and do trainings, each one in its process.

    Raises
    ------
    ValueError
        If a list is empty or names something twice, or a number is out of range.
    """

    networks: tuple[str, ...] = ("compact",)
    seeds: tuple[int, ...] = (0,)
    data_seeds: tuple[int, ...] = ()
    specifications: int = 0
    epochs: int = 0
    images: int = 0
    margin: float = 0.02
    quick: bool = False
    workers: int = 1

    def __post_init__(self) -> None:
        """Check the choices."""
        for name in ("networks", "seeds", "data_seeds"):
            given = getattr(self, name)
            if len(set(given)) < len(given) or (not given and name != "data_seeds"):
                msg = f"{name} must be different ones, at least one, got {given}"
                raise ValueError(msg)
        if not 0 < self.margin < 1:
            msg = f"margin must lie between 0 and 1, got {self.margin}"
            raise ValueError(msg)
        for name, least in (("specifications", 0), ("epochs", 0), ("images", -1)):
            if getattr(self, name) < least:
                msg = f"{name} must be at least {least}, got {getattr(self, name)}"
                raise ValueError(msg)


@dataclass(frozen=True)
class Place:
    """Where the parts of a multiverse are, in its folder."""

    folder: Path

    def dataset(self, data_seed: str) -> Path:
        """Return the folder of a dataset."""
        return self.folder / "datasets" / data_seed

    def model(self, cell: dict[str, str]) -> Path:
        """Return the folder of a trained model."""
        return self.folder / "models" / cell_name(cell)

    def cell(self, cell: dict[str, str]) -> Path:
        """Return the file of what a cell measured."""
        return self.folder / "cells" / f"{cell_name(cell)}.npz"

    def reliance(self, cell: dict[str, str]) -> Path:
        """Return the file of a cell's comparison with reliance."""
        return self.folder / "cells" / f"{cell_name(cell)}.json"

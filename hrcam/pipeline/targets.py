"""What is explained of each image: which class, and which form of its logit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

#: Forms of the target: the class's logit minus the mean of the others, or alone.
FORMS = ("contrast", "logit")

#: What a user may ask for: nothing (the pathology class of two, else the true class),
#: ``true``, ``predicted``, a class by name or number, or one class per image.
Asked = str | int | Sequence[int] | np.ndarray | None


@dataclass(frozen=True)
class Target:
    """What is explained.

    Parameters
    ----------
    asked
        Whose logit, see :data:`Asked`.
    form
        One of :data:`FORMS`.
    """

    asked: Asked = None
    form: str = "contrast"

    def __post_init__(self) -> None:
        """Check the form."""
        if self.form not in FORMS:
            msg = f"form must be one of {', '.join(FORMS)}, got {self.form!r}"
            raise ValueError(msg)

    def classes(
        self,
        labels: Int[np.ndarray, " n"],
        logits: Float[np.ndarray, "n k"],
        names: Sequence[str],
    ) -> Int[np.ndarray, " n"]:
        """Return the class explained of each image.

        Parameters
        ----------
        labels
            True classes; -1 where they are unknown, then the predicted one is taken.
        logits
            Of every class.
        names
            Of the classes.

        Raises
        ------
        ValueError
            If there is no such class, or not one class per image.
        """
        predicted = logits.argmax(axis=1).astype(np.int64)
        true = np.where(labels < 0, predicted, labels)
        if self.asked is None:
            return np.ones_like(true) if len(names) == 2 else true
        if isinstance(self.asked, str) and self.asked in ("true", "predicted"):
            return true if self.asked == "true" else predicted
        if isinstance(self.asked, str | int):
            return np.full_like(true, _number(self.asked, names))
        given = np.asarray(self.asked)
        if given.shape != labels.shape or given.dtype.kind not in "iu":
            msg = (
                f"target must be one class per image, {len(labels)} whole numbers, got "
                f"{given.dtype} of shape {given.shape}"
            )
            raise ValueError(msg)
        wrong = given[(given < 0) | (given >= len(names))]
        if len(wrong):
            msg = f"target must be a class in 0..{len(names) - 1}, got {wrong[0]}"
            raise ValueError(msg)
        return given.astype(np.int64)

    def describe(self, names: Sequence[str]) -> str:
        """Say in words what is explained."""
        who = self._who(names)
        if self.form == "logit":
            return f"logit: {who}"
        return f"contrast logit: {who} minus the mean of the others"

    def _who(self, names: Sequence[str]) -> str:
        """Say in words whose logit is explained."""
        if self.asked is None and len(names) == 2:
            return names[1]
        if self.asked is None:
            return "the true class"
        if not isinstance(self.asked, str | int):
            return "one given class per image"
        words = {"true": "the true class", "predicted": "the predicted class"}
        return words.get(str(self.asked)) or names[_number(self.asked, names)]


def _number(asked: str | int, names: Sequence[str]) -> int:
    """Return the number of a class that is given by name or number."""
    if asked in names:
        return list(names).index(str(asked))
    number = int(asked) if str(asked).isdecimal() else -1
    if not 0 <= number < len(names):
        msg = (
            f"target must be 'true', 'predicted', or a class: {', '.join(names)} "
            f"(0..{len(names) - 1}), got {asked!r}"
        )
        raise ValueError(msg)
    return number

"""Guided backpropagation: only what is positive passes back, where the unit was on.

At a rectifier with input z the signal R becomes 1[z > 0] 1[R > 0] R. Known not to
depend much on the class or on the deep weights (Adebayo et al., NeurIPS 2018).
"""

from hrcam.methods.gradient import variant

METHOD = variant(
    "guided_backprop",
    "Guided backpropagation",
    "guided",
    "Springenberg et al., ICLR workshop 2015",
)

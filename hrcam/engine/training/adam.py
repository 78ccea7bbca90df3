"""The paper's head: a dense softmax layer trained by Adam on raw pooled features."""

import keras
import numpy as np

from hrcam.heads import Head, split
from hrcam.logistic import centered, log_loss
from hrcam.pools import Pool

#: Read into the paper where it is silent: Adam's rate, passes, images per step.
RATE, EPOCHS, BATCH = 1e-3, 60, 32


def fit_paper_head(
    training: Pool,
    validation: Pool,
    classes: int,
    seed: int = 0,
    course: tuple[float, int] = (RATE, EPOCHS),
) -> Head:
    """Fit one dense softmax layer with categorical cross-entropy and Adam.

    The paper names layer, loss and optimizer and nothing else: neither
    standardization, nor penalty, nor rate, nor epochs (PeerJ CS 622). The result
    depends on the seed through the initial weights and the order of the images.
    ``course`` is Adam's rate and the number of passes.
    """
    count, width = training.features.shape
    rate, epochs = course
    # The images' features are a frozen lookup table, so that all passes are one fit
    # over row numbers and nothing is copied per pass.
    rows = keras.layers.Embedding(count, width, trainable=False)
    dense = keras.layers.Dense(
        classes, kernel_initializer=keras.initializers.GlorotUniform(seed)
    )
    head = keras.Sequential([keras.Input((), dtype="int32"), rows, dense])
    rows.set_weights([training.features.astype(np.float32)])
    head.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
        steps_per_execution=-(-count // BATCH),
    )
    order = np.concatenate(
        [np.random.default_rng([seed, k]).permutation(count) for k in range(epochs)]
    )
    labels = training.labels[order]
    head.fit(order, labels, batch_size=BATCH, shuffle=False, verbose=0)
    weights, bias = (np.asarray(w, dtype=np.float64) for w in dense.get_weights())
    loss = log_loss(validation.features @ weights + bias, validation.labels)
    return Head(
        "paper",
        split(centered(weights), training.layers),
        bias - bias.mean(),
        path=((0.0, loss),),
    )

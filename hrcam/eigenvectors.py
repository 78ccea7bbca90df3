"""The first principal projection of many small matrices at once, sign and all.

For a matrix X of positions by channels this is X v, v its first right singular vector.
It is found from the smaller of X'X and XX': as a whole where that is small, else in a
Krylov space, which is a hundredth of the work on a layer of 512 channels.
"""

import numpy as np

from hrcam.capture import Array, Ops

#: Sides of the largest symmetric matrix that is decomposed as a whole.
EXACT = 128
#: Dimensions of the Krylov space for larger ones. The relative error is below 1e-5
#: where all but a few eigenvalues are below 0.8 of the first, as those of feature maps
#: are; were the second as large as the first, neither vector would be the first.
STEPS = 20
#: A direction shorter than this, relative to the first, is rounding.
ROUNDING = 1e-6


def principal(ops: Ops, matrices: Array) -> Array:
    """Return the first principal projection of each matrix, its sign left open.

    Parameters
    ----------
    ops
        ``numpy`` or ``keras.ops``.
    matrices
        (n, z, c): z positions of c channels. They are not centered.

    Returns
    -------
    projections
        X v, (n, z, 1), on the scale of X; 0 for a matrix of zeros.
    """
    turned = ops.swapaxes(matrices, 1, 2)
    positions, channels = matrices.shape[1:]
    if positions >= channels:
        _, rows = leading(ops, ops.matmul(turned, matrices))
        return ops.matmul(matrices, ops.reshape(rows, (-1, channels, 1)))
    values, rows = leading(ops, ops.matmul(matrices, turned))
    lengths = ops.sqrt(ops.maximum(values, 0.0))
    return ops.reshape(rows * lengths, (-1, positions, 1))


def leading(ops: Ops, matrices: Array) -> tuple[Array, Array]:
    """Return the largest eigenvalue, (n, 1, 1), of symmetric (n, m, m), and its vector.

    The vector is a row, (n, 1, m), of length 1, but 0 for a large matrix of zeros.
    """
    if matrices.shape[-1] <= EXACT:
        return _last(ops, matrices)
    basis = krylov(ops, matrices)
    inner = ops.matmul(ops.matmul(basis, matrices), ops.swapaxes(basis, 1, 2))
    values, rows = _last(ops, inner)
    return values, ops.matmul(rows, basis)


def krylov(ops: Ops, matrices: Array) -> Array:
    """Return an orthonormal basis of each matrix's Krylov space, (n, STEPS, m).

    It is built by the Lanczos method with full reorthogonalization (Golub and Van Loan,
    *Matrix Computations*, 10.3). Directions that the matrix cannot reach are 0.
    """
    side = matrices.shape[-1]
    start = 1 + np.cos(np.arange(side, dtype=np.float32) ** 2)
    ahead = ops.matmul(start[None, None], matrices)
    first = _length(ops, ahead)
    row = basis = ahead / ops.where(first > 0.0, first, 1.0)
    for _ in range(STEPS - 1):
        ahead = ops.matmul(row, matrices)
        for _ in range(2):  # once leaves rounding along the basis
            along = ops.matmul(basis, ops.reshape(ahead, (-1, side, 1)))
            along = ops.reshape(along, (-1, 1, basis.shape[1]))
            ahead = ahead - ops.matmul(along, basis)
        length = _length(ops, ahead)
        # An infinite length makes the row 0: the space is complete.
        row = ahead / ops.where(length > ROUNDING * first, length, float("inf"))
        basis = ops.concatenate([basis, row], axis=1)
    return basis


def toward(ops: Ops, maps: Array, reference: Array) -> Array:
    """Turn maps (n, z, 1) so that none points away from its reference (n, z, 1)."""
    inner = ops.sum(maps * reference, axis=1, keepdims=True)
    return maps * ops.where(inner < 0.0, -1.0, 1.0)


def _last(ops: Ops, matrices: Array) -> tuple[Array, Array]:
    """Return the last eigenvalue, (n, 1, 1), and its vector as a row, (n, 1, m)."""
    values, vectors = ops.linalg.eigh(matrices)
    side = matrices.shape[-1]
    row = ops.reshape(vectors[:, :, -1], (-1, 1, side))
    return ops.reshape(values[:, -1], (-1, 1, 1)), row


def _length(ops: Ops, rows: Array) -> Array:
    return ops.sqrt(ops.sum(ops.square(rows), axis=2, keepdims=True))

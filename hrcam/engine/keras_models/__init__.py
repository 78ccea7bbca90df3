"""Look into any Keras model: the graph of its operations, and what runs through it."""

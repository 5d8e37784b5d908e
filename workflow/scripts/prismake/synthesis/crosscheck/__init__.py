"""A second engine on the same data: every synthesis recomputed by metafor, and both answers side by side."""

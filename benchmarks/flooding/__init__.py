"""What many more requests than fit do to the product: `python -m benchmarks.flooding`, part of `make bench`."""

"""How fast gmmfit is beside others: `python -m tests.benchmarks` measures everything in one run."""

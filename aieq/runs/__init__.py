"""Many runs: designs, sweeps, what they found, and how two of them differ."""

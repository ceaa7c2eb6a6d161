"""How quick and how small Elsipo is: `make bench`. Everything is real; each ratio is measured in one run."""

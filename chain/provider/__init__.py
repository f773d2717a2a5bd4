"""The provider: takes paid jobs, runs them through the miner, submits the results."""

"""What dispatches cost on the reference machine, one module a pallet."""

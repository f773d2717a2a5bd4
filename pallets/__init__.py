"""The pallets, one file each, and the runtime composed of them."""

"""The multisig pallet: accounts that several others own together."""

from pallets.multisig.pallet import Multisig, compute_multisig_account

__all__ = ["Multisig", "compute_multisig_account"]

"""Devices that multiply and search for seals, in this process or in one of their own."""

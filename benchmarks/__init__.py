"""Benchmarks on the real engine and the emulator, compared with Gcore's own SDK. Not tests."""

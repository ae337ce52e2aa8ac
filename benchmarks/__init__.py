"""Benchmarks with the real engine and the emulator, compared with Gcore's SDK. Not tests."""

"""How fast the package is: measured on the real engine and the emulator, beside Gcore's own SDK. No test."""

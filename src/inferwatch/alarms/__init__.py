"""Alarms: when they are evaluated, what state they are in and why. No I/O; time and data are arguments."""

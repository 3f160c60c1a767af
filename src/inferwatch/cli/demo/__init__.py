"""The demo: a real model, real traffic, and a story in which alarms come and go."""

"""The program around the features: wiring, start, commands, scheduler, health, metrics, logs."""

"""The tests, one folder a stage, as the source tree has it."""

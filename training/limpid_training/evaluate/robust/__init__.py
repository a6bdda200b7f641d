"""What must not break: behaviours of the shipped program on a few recordings that stand in the project."""

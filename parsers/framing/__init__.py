"""The few ways in which bytes divide into units; each accounts for every byte it reads."""

"""What leaves the program: rows to standard output, everything else to standard error."""

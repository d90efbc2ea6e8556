"""Arrays that log what is done with them, for those who print computations and those who do them again."""

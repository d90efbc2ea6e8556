"""Operations: sheets of rows, each with the public functions over them. See `methods.py` for Tensor's methods."""

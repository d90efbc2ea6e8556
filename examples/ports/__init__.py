"""Programs as people write them for PyTorch; only the import lines differ."""

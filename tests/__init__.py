"""Tests, laid out as the two packages are; samples holds one record per operation."""

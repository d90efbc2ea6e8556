"""What is compared with PyTorch, a module per family: LAYERS, OPTIMIZERS or SCHEDULES. The values stand beside it."""

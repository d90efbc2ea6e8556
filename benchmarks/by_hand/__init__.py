"""The same work in plain NumPy with its derivatives worked out: what any engine on NumPy can hope for.

A kernel is a function `operands -> (result, back)`, and `back(cotangent)` the gradients of the operands that have one;
steps.py has the nets. A test holds that all of it agrees with the engine.
"""

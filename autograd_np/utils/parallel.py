"""Independent parts of a computation on plain arrays, on several threads."""

from autograd_np.kernels.parallel import for_each, get_num_threads, set_num_threads

__all__ = ["for_each", "get_num_threads", "set_num_threads"]

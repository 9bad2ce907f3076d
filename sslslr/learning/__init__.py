"""One training loop, fine-tuning, the store of finished runs, and the processes that runs are spread over."""

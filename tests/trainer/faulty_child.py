"""The real job's process, on a GPU that seems too small until the weights are kept in 8 bits."""

import torch

from services.trainer import child
from services.trainer.training import Training

STEP = 12  # the step whose activations are too large


def main() -> None:
    """Run jobs; a training in more than 8 bits runs out of memory at STEP."""
    run_step = Training.run_step

    def too_large(training: Training) -> None:
        formats = {parameter.dtype for parameter in training.transformer.parameters()}
        if training.progress.step >= STEP and torch.float8_e4m3fn not in formats:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        run_step(training)

    Training.run_step = too_large  # type: ignore[method-assign, assignment]
    child.main()


if __name__ == "__main__":
    main()

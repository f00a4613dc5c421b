"""The real job's process, on a GPU that seems too small until activations are computed twice."""

import torch

from services.trainer import child
from services.trainer.training import Training

STEP = 12  # the step whose activations are too large


def main() -> None:
    """Run jobs; a training without gradient checkpointing runs out of memory at STEP."""
    run_step = Training.run_step

    def too_large(training: Training) -> None:
        if training.progress.step >= STEP and not training.transformer.is_gradient_checkpointing:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        run_step(training)

    Training.run_step = too_large  # type: ignore[method-assign, assignment]
    child.main()


if __name__ == "__main__":
    main()

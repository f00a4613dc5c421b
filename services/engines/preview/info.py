"""What the photo booth says of itself; apart from its work, which is slow to import."""

from services.engines.base import EngineInfo, Method, Operation

NAME = "preview"
RESAMPLED = "Resampled, no AI"  # what an enlargement is marked with
INFO = EngineInfo(
    name=NAME,
    label="Preview engine",
    notice="Preview engine: no AI. Connect Together AI or a GPU for real models.",
    privacy="Photos never leave this installation.",
    trains=True,
    base_model="likeness-preview-1",
    methods=(Method.PREVIEW,),
    operations=(
        Operation.GENERATE,
        Operation.EDIT,
        Operation.EXTEND,
        Operation.ENLARGE,
        Operation.CUTOUT,
    ),
    min_photos=1,
    resubmit_safe=True,
    in_process=True,
    cost_per_image_usd=0.0,
    tag="Photo booth, no generative AI",
    enlarging=RESAMPLED,
)

"""One job in this process: the plain function under every front."""

from pydantic import TypeAdapter

from services.trainer.context import Context
from services.trainer.enlarge import enlarge
from services.trainer.files import read_json, write_json
from services.trainer.generate import generate
from services.trainer.spec import GenerateOutputs, GeneratePayload, TrainOutputs, TrainPayload
from services.trainer.train import train

Outputs = TrainOutputs | GenerateOutputs
_done: TypeAdapter[Outputs] = TypeAdapter(Outputs)


def run_job(payload: TrainPayload | GeneratePayload, context: Context) -> Outputs:
    """Run a job, or go on with it, to its end; raises JobFailed, or what a library raised.

    The manifest is written last: where there is one, the job is done and nothing is repeated.
    """
    manifest = context.folder / "manifest.json"
    context.folder.mkdir(parents=True, exist_ok=True)
    if done := read_json(manifest):
        return _done.validate_python(done)
    outputs = _run(payload, context)
    write_json(manifest, outputs.model_dump(mode="json"))
    return outputs


def _run(payload: TrainPayload | GeneratePayload, context: Context) -> Outputs:
    if isinstance(payload, TrainPayload):
        return train(payload, context)
    return enlarge(payload, context) if payload.enlarge else generate(payload, context)

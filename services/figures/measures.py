"""Writes down what each training and generation took, in the transaction that ends it.

So a measure is there exactly if the end is: a rollback takes both, and a crash loses neither. The
rows hold no id and no finer time than the day, and outlive the member.
"""

from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Generation
from db.models.generations import Method
from db.states import GenerationStatus
from services.figures import reasons

TRAIN = "train"


@dataclass(frozen=True, slots=True)
class Labels:
    """What every metric of work is told apart by. All three come from closed sets."""

    engine: str
    method: str
    operation: str


def labels(row: Generation | None, *, engine: str) -> Labels:
    """The labels of a generation, or of a training where there is none."""
    if row is not None:
        return Labels(engine, str(row.method), str(row.operation))
    own = engine == Method.PREVIEW  # the photo booth trains for its own method
    return Labels(engine, str(Method.PREVIEW if own else Method.TRAINED), TRAIN)


# Seconds between two times, 0 where they are reversed: an engine may have begun before its row.
_SECONDS = "greatest(0, extract(epoch from {} - {}))"
_WAIT = _SECONDS.format("work.began", "work.asked")
_RUN = _SECONDS.format("now()", "work.began")
_TOTAL = _SECONDS.format("now()", "work.asked")
_WRITE = f"""
    insert into work_measures (engine, method, operation, plan, style, status, reason, wait, run,
        total, units, made, charged, given_back, cost_usd, likeness, judged)
    select :engine, :method, :operation,
        coalesce(member.plan, (select name from plans where is_default), ''),
        :style, cast(:status as text), :reason,
        case when :status = 'succeeded' then {_WAIT} end,
        case when :status = 'succeeded' then {_RUN} end,
        case when :status = 'succeeded' then {_TOTAL} end,
        work.units, work.made, coalesce(hold.captured, 0),
        coalesce(hold.amount - hold.captured, 0), work.cost, work.likeness,
        work.judged
    from work join users member on member.id = work.user_id
        left join credit_holds hold on hold.reference = :reference"""  # noqa: S608  # constants
_GENERATION = text(f"""
    with work as (
        select generation.user_id, generation.created_at as asked, generation.count as units,
            run.began, coalesce(run.made, 0) as made, run.cost, picture.likeness, picture.judged
        from generations generation
        cross join lateral (
            select min(running_at) as began, sum(cardinality(made)) as made,
                sum(cardinality(made) * image_cost_usd) as cost
            from remote_jobs where generation_id = generation.id) run
        cross join lateral (
            select coalesce(array_agg(likeness) filter (where likeness is not null), '{{}}')
                as likeness,
                coalesce(array_agg(cast(recipe->>'judged' as float))
                    filter (where recipe ? 'judged'), '{{}}') as judged
            from generated_images where generation_id = generation.id) picture
        where generation.id = :id)
    {_WRITE}""")  # noqa: S608
_TRAINING = text(f"""
    with work as (
        select run.user_id, run.created_at as asked, run.running_at as began, 0 as units,
            0 as made, cast(null as float) as cost,
            case when model.likeness is null then '{{}}' else array[model.likeness] end as likeness,
            cast('{{}}' as float[]) as judged
        from remote_jobs run join user_models model on model.id = run.user_model_id
        where run.id = :id)
    {_WRITE}""")  # noqa: S608


async def generation(
    session: AsyncSession, row: Generation, *, status: str, reason: str | None, style: str
) -> None:
    """A generation that ends now; its credits are settled already.

    reason: what the member reads. style: of a closed set, or empty.
    """
    told = labels(row, engine=row.engine)
    await _write(session, _GENERATION, "generation", row.id, told, status, reason, style)


async def training(
    session: AsyncSession, *, run_id: UUID, engine: str, status: str, reason: str | None = None
) -> None:
    """A training that ends now; its model's row is flushed, and its credits are settled."""
    told = labels(None, engine=engine)
    await _write(session, _TRAINING, "training", run_id, told, status, reason, "")


async def _write(
    session: AsyncSession,
    statement: object,
    kind: str,
    id: UUID,
    told: Labels,
    status: str,
    reason: str | None,
    style: str,
) -> None:
    values = asdict(told) | {
        "id": id,
        "reference": f"{kind}:{id}",
        "status": status,
        "reason": reasons.of(reason) if status == GenerationStatus.FAILED else None,
        "style": style,
    }
    await session.execute(statement, values)  # type: ignore[call-overload]

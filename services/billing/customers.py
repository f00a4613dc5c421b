"""The members' customer ids at the payments provider."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Customer, User
from services.deps import Deps
from services.errors import NotFound


class NotYetKnown(Exception):
    """The provider named a customer whose row is not here, or not here yet."""

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"customer {customer_id}")
        self.customer_id = customer_id


async def customer_of(deps: Deps, *, user_id: UUID) -> str:
    """Return the member's customer id; create the customer at the provider the first time.

    Raises NotFound, also when the account is deleted while the customer is created.
    """
    async with deps.transaction() as session:
        if known := await session.get(Customer, user_id):
            return known.stripe_id
        if (user := await session.get(User, user_id)) is None:
            raise NotFound("There is no such member.")
        email, name = user.email, user.name
    made = await deps.payments.create_customer(reference=str(user_id), email=email, name=name)
    async with deps.transaction() as session:
        if await session.get(User, user_id, with_for_update={"read": True, "key_share": True}):
            row = insert(Customer).values(user_id=user_id, stripe_id=made)
            await session.execute(row.on_conflict_do_nothing())
            return (await session.get_one(Customer, user_id)).stripe_id
    await deps.payments.close_customer(made)
    raise NotFound("There is no such member.")


async def member_of(session: AsyncSession, *, customer_id: str) -> UUID:
    """Return the member of a customer id. Raises NotYetKnown."""
    user_id = await session.scalar(
        select(Customer.user_id).where(Customer.stripe_id == customer_id)
    )
    if user_id is None:
        raise NotYetKnown(customer_id)
    return user_id

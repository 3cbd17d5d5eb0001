"""How often a pass over the orders came to a page that was not there."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_order_turns"
down_revision = "20261124_plans_and_holds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "order_sync",
        sa.Column("turns", sa.Integer(), server_default="0", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("order_sync", "turns")

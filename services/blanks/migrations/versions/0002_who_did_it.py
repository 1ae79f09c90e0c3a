"""who did it: none for rows of before, and for what a release of before still writes"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

COLUMNS = (
    ("opening", "created_by"),
    ("posting", "created_by"),
    ("print_run", "created_by"),
    ("requisition", "created_by"),
    ("requisition", "answered_by"),
    ("requisition", "closed_by"),
    ("shipment", "created_by"),
)


def upgrade() -> None:
    for table, column in COLUMNS:
        op.add_column(table, sa.Column(column, sa.String(), nullable=True))


def downgrade() -> None:
    for table, column in COLUMNS:  # not in a batch: on SQLite that makes the table again, without its checks
        op.drop_column(table, column)

"""Back Market's category tree is kept, one per platform, environment and language."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261124_category_tree"
down_revision = "20261123_first_tables"
branch_labels = None
depends_on = None

# The trees of stores that have a token already; workers fetch them at once.
_OF_PRESENT_STORES = sa.text(
    """
    INSERT INTO category_tree (id, platform, environment, locale, next_at, failures,
                               created_at)
    SELECT gen_random_uuid(), platform, environment, locale, now(), 0, now()
      FROM (SELECT DISTINCT a.platform, a.environment, l.locale
              FROM store AS s
              JOIN seller_account AS a ON a.id = s.account_id
              JOIN (VALUES
                ('FR', 'fr-fr'), ('BE', 'fr-be'), ('ES', 'es-es'), ('DE', 'de-de'),
                ('AT', 'de-at'), ('IT', 'it-it'), ('NL', 'nl-nl'), ('PT', 'pt-pt'),
                ('IE', 'en-ie'), ('GR', 'el-gr'), ('SK', 'sk-sk'), ('FI', 'fi-fi'),
                ('GB', 'en-gb'), ('SE', 'sv-se'), ('US', 'en-us'), ('JP', 'ja-jp'),
                ('AU', 'en-au')
              ) AS l (country, locale) ON l.country = s.country) AS needed
    """
)


def upgrade() -> None:
    op.create_table(
        "category_tree",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("platform", "environment", "locale"),
    )
    op.create_table(
        "category_node",
        sa.Column("tree_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("search", sa.String(), nullable=False),
        sa.Column("is_leaf", sa.Boolean(), nullable=False),
        sa.Column(
            "attributes", postgresql.JSONB(astext_type=sa.Text()), nullable=False
        ),
        sa.ForeignKeyConstraint(["tree_id"], ["category_tree.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tree_id", "position"),
    )
    op.create_index(
        "ux_category_node_category",
        "category_node",
        ["tree_id", "category_id"],
        unique=True,
    )
    op.execute(_OF_PRESENT_STORES)


def downgrade() -> None:
    op.drop_index("ux_category_node_category", table_name="category_node")
    op.drop_table("category_node")
    op.drop_table("category_tree")

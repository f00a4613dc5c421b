"""search without accents, and for styles."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'c5e1d80b7f42'
down_revision = 'd7e35b90a1c4'
branch_labels = None
depends_on = None

SEPARATORS = (
    "[!-/:-@[-`{-\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff"
    "\u3000-\u3004\u3008-\u3020\ufe00-\ufe6f\U0001f000-\U0001faff]+"
)
WORDS = (
    "to_tsvector('simple', regexp_replace(replace(replace(replace(replace(translate(normalize("
    "lower(regexp_replace(normalize(prompt || ' ' || coalesce(style, ''), NFKD), '[\u0300-\u036f]', '', 'g')), NFC), "
    "'\u00f8\u0142\u0111\u00f0\u0127\u0167\u0131\u03c2', 'olddhti\u03c3'), '\u00df', 'ss'), "
    f"'\u00e6', 'ae'), '\u0153', 'oe'), '\u00fe', 'th'), '{SEPARATORS}', ' ', 'g'))"
)

STYLES = {
    "studio-portrait": "Studio portrait",
    "golden-hour": "Golden hour",
    "black-and-white-film": "Black-and-white film",
    "vintage-print": "Vintage print",
    "magazine-cover": "Magazine cover",
    "double-exposure": "Double exposure",
    "duotone-poster": "Duotone poster",
    "pop-art": "Pop-art grid",
    "comic": "Comic",
    "neon": "Neon",
    "watercolour": "Watercolour",
    "oil": "Oil painting",
    "pencil": "Pencil sketch",
    "line-art": "Line art",
    "cyanotype": "Cyanotype",
    "risograph": "Risograph",
}


def upgrade() -> None:
    op.add_column('generated_images', sa.Column('style', sa.String(), nullable=True))
    known = ", ".join(f"('{id}', '{name}')" for id, name in STYLES.items())
    op.execute(f"update generated_images set style = name from (values {known}) as known (id, name) where preset = known.id")
    compute(WORDS)


def downgrade() -> None:
    compute("to_tsvector('simple', prompt)")
    op.drop_column('generated_images', 'style')


def compute(words: str) -> None:
    """Make the column anew, as PostgreSQL before 17 cannot change its expression."""
    op.drop_index('ix_generated_images_search', table_name='generated_images')
    op.drop_column('generated_images', 'search')
    op.add_column('generated_images', sa.Column('search', postgresql.TSVECTOR(), sa.Computed(words, persisted=True), nullable=True))
    op.create_index('ix_generated_images_search', 'generated_images', ['search'], unique=False, postgresql_using='gin')

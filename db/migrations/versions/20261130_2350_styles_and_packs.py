"""Styles and packs as rows, and the album that a request's pictures are put into.

The words follow the publisher's guide for FLUX.2 (docs.bfl.ai/guides/prompting_guide_flux2): the
person first, then what she does, the style, the light and the lens, in sentences, and nothing of
what is not to be seen. A later release writes a style better by the same statement with `on
conflict (id) do update ... where styles.edited_at is null`, so that what an operator edited stays.
"""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = 'd7c14be0a953'
down_revision = 'e81b5c07d3a9'
branch_labels = None
depends_on = None

# id, name, what members read, medium, the photo booth's look, words for real models
STYLES = (
    ('studio-portrait', 'Studio portrait', 'Soft key light on a dark seamless backdrop',
     'photo', 'studio-portrait',
     'Studio portrait of {subject}, {prompt}. Large softbox as key light from the left, gentle '
     'fill, dark seamless backdrop, natural skin texture, shot with an 85mm lens at f/4'),
    ('business-headshot', 'Business headshot', 'Clean and confident, for a profile or a team page',
     'photo', 'studio-portrait',
     'Professional headshot of {subject}, {prompt}. Head and shoulders, relaxed and confident, '
     'eyes to the camera, soft even light, softly blurred modern interior, 85mm lens at f/2.8'),
    ('window-light', 'Window light', 'Daylight from one side, as it was',
     'photo', None,
     'Natural portrait of {subject}, {prompt}. Soft daylight from a large window on one side, calm '
     'expression, true colours, fine film grain, shot on medium format with an 80mm lens at f/2.8'),
    ('golden-hour', 'Golden hour', 'Low warm sun, haze and flare',
     'photo', 'golden-hour',
     'Portrait of {subject}, {prompt}. Golden hour, low warm sun from behind, soft haze and a '
     'gentle flare, glowing rim of light in the hair, shallow depth of field, 85mm lens at f/1.8'),
    ('film-still', 'Film still', 'A frame of a film that was never shot',
     'photo', 'golden-hour',
     'Cinematic film still of {subject}, {prompt}. Motivated light from one practical lamp, teal '
     'shadows and warm highlights, anamorphic lens, shallow depth of field, 35mm film grain'),
    ('black-and-white-film', 'Black-and-white film', 'Silver grain and deep shadows',
     'photo', 'black-and-white-film',
     'Black and white photograph of {subject}, {prompt}. 35mm silver halide film pushed one stop, '
     'visible grain, deep shadows and bright highlights, 50mm lens at f/2'),
    ('film-noir', 'Film noir', 'The forties: hard light, long shadows',
     'photo', 'black-and-white-film',
     'Black and white 1940s film noir portrait of {subject}, {prompt}. Hard key light through '
     'venetian blinds, long shadows across the wall, drifting smoke, glamour studio lens'),
    ('vintage-print', 'Vintage print', 'Faded dyes, a light leak and a paper border',
     'photo', 'vintage-print',
     '1970s colour print of {subject}, {prompt}. Faded warm dyes, soft focus, a light leak at the '
     'edge, white paper border, on-camera flash, amateur snapshot'),
    ('instant-film', 'Instant film', 'A small square print, a little too warm',
     'photo', 'vintage-print',
     'Instant film photograph of {subject}, {prompt}. Square print with a wide white border at the '
     'bottom, creamy highlights, soft contrast, slight vignette, direct flash'),
    ('flash-snapshot', 'Flash snapshot', 'A night out in the two-thousands',
     'photo', None,
     'Early 2000s compact digital camera snapshot of {subject}, {prompt}. Direct on-camera flash, '
     'slight noise, crisp foreground against a dark background, candid moment'),
    ('magazine-cover', 'Magazine cover', 'Your prompt is the headline',
     'photo', 'magazine-cover',
     'Fashion magazine cover with {subject}, {prompt}. Editorial portrait, confident pose, large '
     'masthead above and one headline below, glossy studio light, 70mm lens'),
    ('double-exposure', 'Double exposure', 'A portrait and a landscape on one frame',
     'effect', 'double-exposure',
     'Double exposure photograph of {subject}, {prompt}. The profile is filled with a misty '
     'mountain forest, clean white background, soft edges, fine grain'),
    ('neon', 'Neon', 'Glowing contours in the dark',
     'effect', 'neon',
     'Night portrait of {subject}, {prompt}. Lit by magenta and cyan neon signs, glowing contours, '
     'wet reflections, dark background, cinematic, 50mm lens at f/1.4'),
    ('pop-art', 'Pop-art grid', 'Four prints, four palettes',
     'print', 'pop-art',
     'Pop art screen print of {subject}, {prompt}. Grid of four panels, each in another palette of '
     'flat saturated colours, bold outlines, visible ink texture'),
    ('duotone-poster', 'Duotone poster', 'Two inks and bold type',
     'print', 'duotone-poster',
     'Duotone screen print poster of {subject}, {prompt}. Two bold inks on off-white paper, coarse '
     'halftone, strong graphic composition, large simple type'),
    ('comic', 'Comic', 'Ink lines, flat colour and halftone dots',
     'drawing', 'comic',
     'Comic book panel of {subject}, {prompt}. Bold ink outlines, flat colours, halftone shading, '
     'dynamic composition, hand-drawn'),
    ('watercolour', 'Watercolour', 'Wet washes on rough paper',
     'painting', 'watercolour',
     'Watercolour painting of {subject}, {prompt}. Wet-on-wet washes, soft blooms of pigment, '
     'loose edges, white of the rough paper left for the light'),
    ('storybook', 'Storybook', 'A warm page of a picture book',
     'painting', 'watercolour',
     'Storybook illustration of {subject}, {prompt}. Gouache and coloured pencil, warm muted '
     'palette, rounded shapes, cosy light, fine paper texture'),
    ('oil', 'Oil painting', 'Thick strokes that follow the form',
     'painting', 'oil',
     'Oil painting of {subject}, {prompt}. Visible impasto brush strokes that follow the form, '
     'rich colour, warm light from one side, classical portrait composition on canvas'),
    ('renaissance', 'Old master', 'Candlelight and four hundred years',
     'painting', 'oil',
     'Old master portrait of {subject}, {prompt}. Oil on panel, chiaroscuro, candlelight from the '
     'left, deep umber background, glazed skin tones, fine craquelure'),
    ('pencil', 'Pencil sketch', 'Graphite and hatching',
     'drawing', 'pencil',
     'Graphite pencil sketch of {subject}, {prompt}. Careful cross hatching, soft smudged shadows, '
     'unfinished edges, textured drawing paper'),
    ('line-art', 'Line art', 'A few sure lines of ink',
     'drawing', 'line-art',
     'Minimal ink line drawing of {subject}, {prompt}. A few confident continuous lines, generous '
     'empty space, cream paper'),
    ('cyanotype', 'Cyanotype', 'Prussian blue, brushed by hand',
     'print', 'cyanotype',
     'Cyanotype print of {subject}, {prompt}. Prussian blue and white, hand-brushed emulsion '
     'edges, soft detail, watercolour paper'),
    ('risograph', 'Risograph', 'Three spot inks, slightly out of register',
     'print', 'risograph',
     'Risograph print of {subject}, {prompt}. Three spot inks, visible grain, slight '
     'misregistration, flat shapes, uncoated paper'),
)  # fmt: skip

# id, name, what members read, styles, formats, prompts
PACKS = (
    ('business', 'Business', 'For a profile, a talk and a team page',
     ('business-headshot', 'studio-portrait', 'window-light'), ('4:5',),
     ('in a navy blazer and a white shirt, in a bright modern office',
      'in a dark polo neck, in front of a plain light grey studio backdrop',
      'in a light shirt, in a library by the window',
      'in a grey suit, in the city at noon')),
    ('creative-portraits', 'Creative portraits', 'Six ways to be looked at',
     ('golden-hour', 'double-exposure', 'duotone-poster', 'oil', 'cyanotype', 'risograph'),
     ('4:5',),
     ('looking away, in a meadow at golden hour',
      'a calm look to the camera, in front of a plain dark backdrop')),
    ('dating', 'Dating', 'Warm, true and outdoors',
     ('window-light', 'golden-hour'), ('4:5',),
     ('laughing, in a café with a warm cup',
      'in a linen shirt, on the beach at sunset',
      'in a wool coat, in an autumn wood',
      'in a light jacket, in the mountains at noon',
      'in a park in spring, talking to somebody beside the camera')),
    ('season', 'The season’s card', 'Snow, candles and a card to send',
     ('film-still', 'storybook', 'watercolour'), ('1:1', '4:5'),
     ('in a thick knitted jumper, in the snow in winter',
      'in a warm scarf, in the city at night in falling snow')),
    ('decades', 'Decades', 'The forties to the two-thousands',
     ('film-noir', 'pop-art', 'vintage-print', 'neon', 'flash-snapshot'), ('4:5',),
     ('in clothes of the decade, in a street of the city',
      'in clothes of the decade, at a party in the evening')),
    ('artists-studio', 'Artist’s studio', 'Sat for, by six hands',
     ('oil', 'renaissance', 'watercolour', 'pencil', 'line-art', 'comic'), ('3:4',),
     ('seated, a quiet look to the side, in front of a plain warm backdrop',
      'seated in a garden in summer')),
    ('travel', 'Travel', 'Five places in one afternoon',
     ('golden-hour', 'film-still'), ('4:5',),
     ('in a linen shirt, on a tropical beach',
      'with a small rucksack, in the mountains',
      'in a light coat, in a street of the city in the rain',
      'in a scarf, in the desert at sunset',
      'in a warm jacket, under northern lights')),
    ('avatars', 'Avatars', 'Small pictures with a large presence',
     ('comic', 'pop-art', 'neon', 'line-art', 'duotone-poster', 'storybook'), ('1:1',),
     ('head and shoulders, smiling, in front of a plain bright backdrop',
      'head and shoulders, serious, in the city at night')),
)  # fmt: skip


def upgrade() -> None:
    styles = op.create_table(
        'styles',
        sa.Column('id', sa.String(), nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('description', sa.String(), nullable=False),
        sa.Column('words', sa.String(), nullable=False),
        sa.Column('medium', sa.String(), nullable=False),
        sa.Column('look', sa.String(), nullable=True),
        sa.Column('picture', sa.LargeBinary(), nullable=True),
        sa.Column('picture_hash', sa.String(), nullable=True),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('offered', sa.Boolean(), server_default='true', nullable=False),
        sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "medium in ('photo', 'effect', 'painting', 'drawing', 'print')",
            name=op.f('ck_styles_medium'),
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_styles')),
    )
    packs = op.create_table(
        'packs',
        sa.Column('id', sa.String(), nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('description', sa.String(), nullable=False),
        sa.Column('prompts', JSONB(), nullable=False),
        sa.Column('styles', JSONB(), nullable=False),
        sa.Column('formats', JSONB(), nullable=False),
        sa.Column('credits', sa.Integer(), nullable=True),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('offered', sa.Boolean(), server_default='true', nullable=False),
        sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint('credits > 0', name=op.f('ck_packs_credits')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_packs')),
    )
    _seed(styles, packs)
    op.add_column('generations', sa.Column('album_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f('fk_generations_album_id_albums'),
        'generations', 'albums', ['album_id'], ['id'], ondelete='SET NULL',
    )  # fmt: skip
    op.create_index(op.f('ix_generations_album_id'), 'generations', ['album_id'])


def _seed(styles: sa.Table, packs: sa.Table) -> None:
    names = ('id', 'name', 'description', 'medium', 'look', 'words')
    op.bulk_insert(
        styles,
        [
            {**dict(zip(names, style, strict=True)), 'position': position}
            for position, style in enumerate(STYLES)
        ],
    )
    names = ('id', 'name', 'description', 'styles', 'formats', 'prompts')
    op.bulk_insert(
        packs,
        [
            {**json.loads(json.dumps(dict(zip(names, pack, strict=True)))), 'position': position}
            for position, pack in enumerate(PACKS)
        ],
    )


def downgrade() -> None:
    op.drop_index(op.f('ix_generations_album_id'), table_name='generations')
    op.drop_column('generations', 'album_id')
    op.drop_table('packs')
    op.drop_table('styles')

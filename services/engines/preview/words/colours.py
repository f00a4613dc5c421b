"""What people call the colours that the booth paints with, and shades that are one of them."""

from services.engines.preview.scene import Colour
from services.engines.preview.words.phrases import Phrases

COLOURS = {
    Colour.BEIGE: Phrases(
        en="beige, tan, sand-coloured, sand coloured, sand colored, taupe, ecru, khaki, "
        "off-white beige",
        de="beige~, sandfarben~",
        fr="beige",
        es="beis, beige",
    ),
    Colour.BLACK: Phrases(
        en="black, jet black, pitch black, ebony, charcoal black",
        de="schwarz~, pechschwarz~, tiefschwarz~",
        fr="noir~",
        es="negro~",
    ),
    Colour.BLUE: Phrases(
        en="blue, sky blue, light blue, cobalt, cobalt blue, royal blue, azure, baby blue, "
        "electric blue, pale blue, bright blue, deep blue, sapphire, powder blue, steel blue",
        de="blau~, hellblau~, himmelblau~, königsblau~, eisblau~, stahlblau~",
        fr="bleu~, bleu ciel, bleu clair, bleu roi",
        es="azul, azul claro, azul cielo, celeste",
    ),
    Colour.BROWN: Phrases(
        en="brown, chocolate, chestnut, sepia, light brown, dark brown, coffee brown, mocha",
        de="braun~, dunkelbraun~, hellbraun~",
        fr="marron, brun~",
        es="marrón, pardo~",
    ),
    Colour.BURGUNDY: Phrases(
        en="burgundy, maroon, wine red, bordeaux, oxblood, dark red, deep red, claret",
        de="weinrot~, bordeauxrot~, dunkelrot~, burgunderrot~",
        fr="bordeaux, rouge foncé, lie de vin",
        es="burdeos, granate, rojo oscuro",
    ),
    Colour.CORAL: Phrases(
        en="coral, salmon, peach, apricot, salmon pink, coral pink, peachy, terracotta",
        de="korallenrot~, lachsfarben~, lachsrosa, apricot, pfirsichfarben~",
        fr="corail, saumon, pêche, abricot",
        es="coral, salmón, melocotón",
    ),
    Colour.CREAM: Phrases(
        en="cream, ivory, off-white, off white, creamy white, vanilla, eggshell, cream-coloured",
        de="cremefarben~, elfenbeinfarben~, cremeweiß~",
        fr="crème, ivoire, blanc cassé",
        es="crema, marfil",
    ),
    Colour.GOLD: Phrases(
        en="gold, golden, metallic gold, ochre, mustard, amber, bronze",
        de="gold, golden~, goldfarben~, senfgelb~, bernsteinfarben~",
        fr="doré~",
        es="dorado~, oro",
    ),
    Colour.GREEN: Phrases(
        en="green, emerald, emerald green, forest green, light green, dark green, bright green, "
        "deep green, moss green, lime, lime green, jade, grass green, pale green, apple green",
        de="grün~, hellgrün~, dunkelgrün~, smaragdgrün~, waldgrün~, moosgrün~, tannengrün~",
        fr="vert~, vert clair, vert foncé, vert émeraude",
        es="verde, verde oscuro, verde claro, esmeralda",
    ),
    Colour.GREY: Phrases(
        en="grey, gray, light grey, dark grey, light gray, dark gray, charcoal, slate, slate "
        "grey, stone grey, ash grey, greyish",
        de="grau~, hellgrau~, dunkelgrau~, anthrazit~, steingrau~",
        fr="gris~, gris clair, gris foncé",
        es="gris, gris oscuro, gris claro",
    ),
    Colour.LAVENDER: Phrases(
        en="lavender, lilac, light purple, mauve, pale purple, pastel purple, periwinkle",
        de="lavendel, flieder, lila, fliederfarben~, lavendelfarben~, helllila",
        fr="lavande, mauve, lilas",
        es="lavanda, malva",
    ),
    Colour.MAGENTA: Phrases(
        en="magenta, fuchsia, hot pink, neon pink, raspberry, cerise, deep pink",
        de="magenta, himbeerrot~, neonpink",
        fr="magenta, fuchsia, rose vif",
        es="magenta, fucsia",
    ),
    Colour.MINT: Phrases(
        en="mint, mint green, pastel green, seafoam, sage, sage green, pistachio",
        de="mintgrün~, mint, pastellgrün~, salbeigrün~",
        fr="menthe, vert menthe, vert d'eau",
        es="verde menta, menta",
    ),
    Colour.NAVY: Phrases(
        en="navy, navy blue, dark blue, midnight blue, indigo, ink blue",
        de="dunkelblau~, marineblau~, nachtblau~, tiefblau~",
        fr="bleu marine, bleu foncé, bleu nuit",
        es="azul marino, azul oscuro",
    ),
    Colour.OLIVE: Phrases(
        en="olive, olive green, army green, khaki green",
        de="olivgrün~, oliv, olivfarben~",
        fr="vert olive, olive, kaki",
        es="verde oliva, oliva, caqui",
    ),
    Colour.ORANGE: Phrases(
        en="orange, tangerine, burnt orange, bright orange, rust, pumpkin orange, rusty orange",
        de="orange, orangefarben~",
        fr="orange",
        es="naranja, anaranjado~",
    ),
    Colour.PINK: Phrases(
        en="pink, light pink, pale pink, pastel pink, blush, blush pink, rosy, baby pink, soft "
        "pink, dusty pink, rose pink, rose-coloured",
        de="rosa, rosafarben~, hellrosa, altrosa, zartrosa, rosarot~",
        fr="rose pâle, rose clair, vieux rose",
        es="rosa, rosado~, rosa claro",
    ),
    Colour.PURPLE: Phrases(
        en="purple, violet, plum, aubergine, dark purple, deep purple, amethyst, royal purple",
        de="violett~, purpur, aubergine, dunkellila, purpurfarben~",
        fr="violet~, violette, pourpre, prune",
        es="morado~, violeta, púrpura",
    ),
    Colour.RED: Phrases(
        en="red, scarlet, crimson, bright red, ruby, cherry red, blood red, fiery red, ruby red",
        de="rot~, knallrot~, feuerrot~, kirschrot~, scharlachrot~, hellrot~, blutrot~",
        fr="rouge, écarlate, rouge vif",
        es="rojo~, carmesí, escarlata",
    ),
    Colour.SILVER: Phrases(
        en="silver, silvery, metallic silver, chrome, platinum",
        de="silber, silbern~, silberfarben~, silbergrau~",
        fr="argenté~, argent",
        es="plateado~, plata",
    ),
    Colour.TEAL: Phrases(
        en="teal, petrol blue, peacock blue, dark turquoise, blue-green, blue green, teal blue",
        de="petrol, petrolfarben~, blaugrün~, türkisblau~",
        fr="bleu canard, bleu pétrole, sarcelle",
        es="verde azulado, azul petróleo",
    ),
    Colour.TURQUOISE: Phrases(
        en="turquoise, aqua, aquamarine, cyan, light turquoise, tiffany blue",
        de="türkis~, türkisfarben~, türkisgrün~, cyan",
        fr="turquoise, bleu turquoise, cyan",
        es="turquesa, azul turquesa, cian",
    ),
    Colour.WHITE: Phrases(
        en="white, snow white background, pure white, bright white, all-white, whitish",
        de="weiß~, schneeweiß~, reinweiß~",
        fr="blanc, blanche, blancs, blanches",
        es="blanco~",
    ),
    Colour.YELLOW: Phrases(
        en="yellow, lemon yellow, bright yellow, sunny yellow, light yellow, canary yellow, pale "
        "yellow",
        de="gelb~, zitronengelb~, sonnengelb~, hellgelb~",
        fr="jaune, jaune vif",
        es="amarillo~",
    ),
}

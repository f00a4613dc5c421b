"""Words that ask for nothing, words that join, and words that take back."""

from services.engines.preview.scene import Place, Season
from services.engines.preview.words.phrases import Phrases

# Grammar, politeness, praise, and what every picture is: said by nobody to change the scene.
SMALL = Phrases(
    en="a, an, the, this, that, these, those, it, its, it's, is, are, was, were, be, been, "
    "being, am, i, i'm, i'd, i'll, i've, me, my, mine, myself, you, your, we, us, our, he, him, "
    "his, she, her, hers, they, them, their, one, there, here, who, which, what, where, when, "
    "while, as, at, in, on, of, off, by, to, from, for, with, into, onto, up, down, over, under, "
    "above, below, behind, beside, besides, before, after, between, among, along, across, "
    "around, about, against, near, next, through, towards, toward, inside, outside, within, "
    "during, upon, out, back, front, in front of, top, side, middle, center, centre, left, "
    "right, foreground, in the background, in background, any, some, every, each, many, much, "
    "lots, lot, few, several, other, such, only, just, even, also, well, bit, kind, sort, like, "
    "maybe, perhaps, please, pls, plz, thanks, thank, can, could, would, should, will, shall, "
    "may, might, must, do, does, did, done, have, has, had, having, get, gets, getting, got, "
    "want, wants, wanna, need, love, let, let's, make, makes, making, made, put, puts, take, "
    "takes, taken, taking, show, shows, showing, shown, see, seen, give, create, generate, "
    "create me, use, using, set, try, add, go, going, come, coming, turn, place, placed, stand, "
    "stands, standing, stood, stay, look, looks, photo, photos, photograph, photography, "
    "photographed, picture, pictures, pic, pics, image, images, portrait, portraits, shot, "
    "shots, selfie, snapshot, scene, view, version, something, anything, everything, somewhere, "
    "someplace, thing, stuff, beautifully, better quality, quality, resolution, high resolution, "
    "hi-res, hd, uhd, hdr, 4k, 8k, realism, detail, details, highly, masterpiece, award-winning, "
    "award winning, raw, raw photo, dslr, canon, nikon, sony, leica, fujifilm, kodak, portra, "
    "shot on, lens, mm, f, iso, depth, focus, sharp focus, composition, candid, frame, framing, "
    "style, styled, man, woman, person, guy, girl, boy, lady, subject, main subject, male, "
    "female, camera, at the camera, looking at the camera, facing the camera, into "
    "the camera, looking at camera, looking into the camera, trending, artstation, unreal "
    "engine, octane, today, now, day, daytime, time, afternoon, weather, air, outdoors, indoors, "
    "first, then, again, still, away, together, alone, lol, haha, ok, okay, hi, hello, hey, yes, "
    "yeah, covered, surrounded, full, filled, made of, kinda, gonna, not sure, whatever, if "
    "possible, possible, say, says, saying, said, word, words, text, called, named, reads, "
    "written, titled, title, caption, nothing but, overlooking, facing, leading, winding, "
    "softly, slightly, gently, lit, taken in, taken at, looks like, look like, light and shadow, "
    "high up, two, three, colour grading, color grading, professional photo, warmly, mostly, "
    "half, amid, amidst, throughout, overall, illuminated, distance, in the distance, giving, "
    "given, scattered, suggesting, way, rather, bloom, full bloom, why not, wearing, wear, "
    "wears, dressed, dressed in, near me, fell, year, everywhere",
    de="ein, eine, einen, einem, einer, eines, der, die, das, den, dem, des, ich, mich, mir, "
    "mein, meine, meinen, meinem, meiner, du, dich, er, sie, es, wir, uns, ihr, und so, auch, "
    "bitte, danke, mal, etwas, nur, noch, schon, so, wie, wo, was, im, in, ins, am, an, auf, "
    "aus, bei, beim, mit, nach, von, vom, vor, vorm, zu, zum, zur, zwischen, neben, hinter, "
    "über, unter, durch, für, gegen, um, als, bin, ist, sind, sein, war, habe, haben, hat, "
    "werden, wird, kann, kannst, könnte, möchte, will, soll, mach, mache, machen, zeig, zeige, "
    "zeigen, stehe, steht, stehen, Foto, Fotos, Bild, Bilder, Porträt, Portrait, Aufnahme, Stil, "
    "Mann, Frau, Person, Kamera, Stunde, Tag, Landschaft, dabei, da, hier, dort, drin, drauf, "
    "Hintergrund im, im Hintergrund, im Vordergrund, wäre, gerne, gern, irgendwo, einfach, mich "
    "selbst, Stimmung, mitten, einmal",
    fr="un, une, le, la, les, l, d, de, du, des, en, dans, sur, sous, avec, à, au, aux, par, "
    "pour, près, devant, derrière, entre, vers, chez, je, j, moi, me, m, mon, ma, mes, tu, toi, "
    "il, elle, nous, vous, ce, cette, ces, c, est, suis, être, et puis, qui, que, qu, comme, "
    "plus, un peu, peu, bien, s'il te plaît, svp, photo, image, portrait, fais, fait, faire, "
    "mets, mettre, montre, veux, voudrais, homme, femme, personne, lumière, éclairé, éclairée, "
    "éclairés, bord, au bord, face, heure, debout, style, tout, toute, paysage, merci, ambiance, "
    "milieu, journée, temps",
    es="un, una, unos, unas, el, la, los, las, lo, de, del, en, con, por, para, a, al, sobre, "
    "bajo, entre, hacia, desde, junto, frente, delante, detrás, cerca, yo, mi, mis, me, tu, es, "
    "soy, estoy, está, estar, ser, que, como, más, un poco, poco, bien, por favor, foto, fotos, "
    "imagen, retrato, haz, hazme, pon, ponme, muestra, quiero, quisiera, hombre, mujer, persona, "
    "luz, luces, orilla, hora, estilo, todo, toda, paisaje, gracias, este, esta, ambiente, "
    "medio, tiempo, pie, de pie",
)
# Praise and what nobody can check: ignored, but a noun still follows (`black modern suit`).
ADJECTIVES = Phrases(
    en="plain, simple, solid, clean, falling, nice, good, great, beautiful, pretty, lovely, "
    "gorgeous, stunning, amazing, awesome, cute, perfect, best, better, wonderful, fantastic, "
    "incredible, attractive, super, ultra, hyper, high, realistic, photorealistic, "
    "hyperrealistic, photo-realistic, real, natural, detailed, intricate, sharp, crisp, deep, "
    "small, big, large, huge, tall, tiny, long, wide, old, ancient, new, modern, typical, "
    "classic, classical, empty, wild, open, vast, endless, rocky, sandy, grassy, wooden, public, "
    "blooming, flowering, blossoming, glowing, shining, far, distant, famous, favourite, "
    "favorite, own, same, different, medieval, rustic, traditional, charming, urban, rural, "
    "soft, low, outdoor, indoor, human, lovely little, little, very, really, quite, so, too, "
    "more, most, super nice, single, all",
    de="schön, schöne, schönen, schöner, schönes, gut, gute, toll, tolle, alt, alte, alten, "
    "altem, alter, groß, große, großen, großem, klein, kleine, kleinen, kleinem, sehr, ganz, "
    "botanisch, botanischen, botanischer, leicht",
    fr="beau, belle, beaux, belles, joli, jolie, vieux, vieille, ancien, ancienne, grand, "
    "grande, petit, petite, très",
    es="bonito, bonita, hermoso, hermosa, antiguo, antigua, viejo, vieja, grande, gran, pequeño, "
    "pequeña, muy",
)
# Part of every place: what describes them is said of the picture (`purple light`, `blue water`).
SCENERY = Phrases(
    en="light, lights, lighting, tone, tones, colour, color, colours, colors, hue, hues, "
    "palette, tint, shade, shades, shadow, shadows, glow, mood, vibe, vibes, atmosphere, "
    "ambience, feel, feeling, sun, sunrays, rays, sand, water, waves of light, grass, leaf, "
    "leaves, foliage, horizon, landscape, nature, scenery, wilderness, reflection, reflections, "
    "ground, floor, path, rock, rocks, stones, silhouette of trees, star, stars, daylight, day "
    "light, haze of, flowers in bloom, setting, colour scheme, color scheme, environment, "
    "countryside",
    de="Licht, Lichter, Lichtern, Farbe, Farben, Farbton, Töne, Tönen, Schatten, Stimmung, "
    "Sonne, Sand, Wasser, Gras, Laub, Natur, Horizont, Stern, Sterne, Sternen, Boden, Weg, "
    "Tageslicht",
    fr="lumières, couleur, couleurs, ton, tons, ombre, soleil, sable, eau, herbe, feuille, "
    "nature, horizon, étoile, étoiles",
    es="color, colores, tono, tonos, sombra, sol, arena, agua, hierba, hoja, naturaleza, "
    "horizonte, estrella, estrellas",
)
NEGATORS = Phrases(
    en="no, not, without, never, none, don't, doesn't, isn't, aren't, won't, can't, dont, isnt, "
    "minus, except, avoid, instead of, rather than, free of, no more, not a, remove, nor, "
    "neither, lose, w/o, excluding, cannot, shouldn't, wouldn't, wasn't",
    de="ohne, kein, keine, keinen, keinem, keiner, keines, nicht, nie, statt, anstatt, weder",
    fr="sans, pas, pas de, aucun, aucune, jamais, ni, ne, n, au lieu de, plutôt que",
    es="sin, ningún, ninguna, nunca, jamás, en vez de, en lugar de, tampoco",
)
JOINS = Phrases(en="and, or, &, plus", de="und, oder", fr="et, ou", es="y, e, o, u")
# What comes after it is meant again: `not at the beach but in the mountains`.
TURNS = Phrases(en="but, however, instead", de="aber, sondern, lieber", fr="mais", es="pero, sino")
# They mean a season or a place only where nothing else stands between the commas: `forest, fall`.
ALONE: dict[str, Place | Season] = {
    "fall": Season.AUTUMN,
    "spring": Season.SPRING,
    "space": Place.SPACE,
    "home": Place.HOME,
}
# `a woman in red` is dressed so: a colour behind these belongs to clothes, unless a noun follows.
WORN = {"in", "en", "wearing", "wear", "wears", "dressed", "dressed in"}

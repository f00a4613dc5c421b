"""What people call the places that the booth paints."""

from services.engines.preview.scene import Place
from services.engines.preview.words.phrases import Phrases

PLACES = {
    Place.AURORA: Phrases(
        en="northern light, aurora, aurora borealis, polar light, southern light, aurora australis",
        de="Polarlicht, Polarlichter, Polarlichtern, Nordlicht, Nordlichter, Nordlichtern",
        fr="aurore boréale, aurore polaire",
        es="aurora boreal, aurora polar, luces del norte",
    ),
    Place.AUTUMN: Phrases(
        en="autumn wood, autumn woods, autumn forest, autumn tree, autumnal forest, autumnal "
        "wood, autumnal woods, fall forest, fall woods, fall tree",
        de="Herbstwald, herbstlich Wald",
        fr="forêt d'automne, forêt automnale, bois d'automne",
        es="bosque otoñal, bosque de otoño, bosque en otoño",
    ),
    Place.BEACH: Phrases(
        en="beach, seaside, seashore, sea shore, shoreline, coast, coastline, by the sea, by the "
        "ocean, near the sea, near the ocean, at the sea, sandy shore, beachfront, oceanfront, "
        "ocean view, sea view",
        de="Strand, Strände, Stränden, Sandstrand, Meer, Küste, Nordsee, Ostsee, Meeresstrand",
        fr="plage, bord de mer, bord de la mer, à la mer, littoral, face à la mer",
        es="playa, orilla del mar, junto al mar, costa, frente al mar, a la orilla del mar",
    ),
    Place.BLOSSOM: Phrases(
        en="cherry blossom, blossom, sakura, cherry tree, blossoming tree, flowering tree, "
        "blooming tree, apple blossom, almond blossom, cherry orchard, blossoming orchard, "
        "magnolia tree, blooming orchard",
        de="Kirschblüte, Kirschbaum, Kirschbäume, Apfelblüte, Obstblüte, blühend Baum, blühende "
        "Bäume, Mandelblüte",
        fr="cerisier, cerisier en fleur, arbre en fleur, verger en fleur, fleurs de cerisier",
        es="cerezo, cerezos en flor, cerezo en flor, almendro en flor, almendros en flor, flores "
        "de cerezo",
    ),
    Place.CAFE: Phrases(
        en="café, coffee shop, coffeehouse, coffee house, coffee bar, bistro, tea room, tearoom, "
        "street café, cafeteria, coffeeshop, sidewalk café, outdoor café",
        de="Kaffeehaus, Kaffeehäuser, Straßencafé, Kaffeestube, Teestube",
        fr="salon de thé, terrasse de café, bistrot",
        es="cafetería, salón de té",
    ),
    Place.CASTLE: Phrases(
        en="castle, fortress, chateau, medieval castle, castle ruin, fairytale castle, citadel, "
        "castle courtyard",
        de="Schloss, Schlösser, Schlössern, Burg, Burgruine, Festung, Märchenschloss",
        fr="château, château fort, forteresse",
        es="castillo, fortaleza, alcázar",
    ),
    Place.CITY: Phrases(
        en="city, downtown, skyline, cityscape, skyscraper, city street, urban street, street, "
        "metropolis, big city, city centre, city center, urban scene, urban setting, avenue, "
        "boulevard, city skyline, sidewalk, in town, urban landscape, urban background",
        de="Stadt, Städte, Städten, Großstadt, Großstädte, Innenstadt, Straße, Hochhaus, "
        "Hochhäuser, Wolkenkratzer, Straßenszene, Stadtzentrum, Skyline",
        fr="ville, grande ville, centre-ville, rue, gratte-ciel, boulevard, avenue",
        es="ciudad, gran ciudad, centro de la ciudad, calle, rascacielos, avenida",
    ),
    Place.CITY_NIGHT: Phrases(
        en="city at night, city by night, night city, nighttime city, city lights, city lights "
        "at night, nightly city, street at night, skyline at night, downtown at night",
        de="Stadt bei Nacht, Großstadt bei Nacht, nächtlich Stadt, nächtliche Straße, Lichter "
        "der Stadt, Lichter der Großstadt",
        fr="ville la nuit, ville de nuit, lumières de la ville, rue la nuit",
        es="ciudad de noche, ciudad por la noche, luces de la ciudad, calle de noche",
    ),
    Place.CLOUDS: Phrases(
        en="in the clouds, above the clouds, over the clouds, among the clouds, on a cloud, sea "
        "of clouds, between clouds, through the clouds, among clouds, above clouds",
        de="über den Wolken, in den Wolken, zwischen den Wolken, Wolkenmeer, auf einer Wolke",
        fr="au-dessus des nuages, dans les nuages, parmi les nuages, mer de nuages, sur un nuage",
        es="sobre las nubes, en las nubes, entre las nubes, por encima de las nubes, mar de "
        "nubes, entre nubes",
    ),
    Place.DESERT: Phrases(
        en="desert, dune, sand dune, sahara, desert landscape",
        de="Wüste, Sanddüne, Düne, Wüstenlandschaft, Sahara",
        fr="désert, dune",
        es="desierto, duna",
    ),
    Place.FAIRGROUND: Phrases(
        en="fairground, funfair, fun fair, ferris wheel, carousel, merry-go-round, carnival "
        "rides, amusement park, theme park, at the fair, county fair, roller coaster, carnival "
        "at night, big wheel, fairground ride",
        de="Jahrmarkt, Jahrmärkte, Kirmes, Volksfest, Riesenrad, Riesenräder, Rummel, Karussell, "
        "Rummelplatz, Freizeitpark, Vergnügungspark",
        fr="fête foraine, grande roue, manège, parc d'attractions, carrousel",
        es="feria, parque de atracciones, noria, tiovivo, carrusel, parque de diversiones",
    ),
    Place.FOREST: Phrases(
        en="forest, woods, woodland, among trees, among the trees, between trees, between the "
        "trees, pine forest, forest path, grove, surrounded by trees, under the trees, redwoods, "
        "under trees, forest clearing, in the wood",
        de="Wald, Wälder, Wäldern, Waldweg, Waldlichtung, Kiefernwald, Tannenwald, Laubwald, "
        "unter Bäumen, zwischen Bäumen, Nadelwald, Waldrand",
        fr="forêt, dans les bois, sous-bois, au milieu des arbres, parmi les arbres, bois de "
        "sapins, clairière",
        es="bosque, entre los árboles, entre árboles, pinar, arboleda",
    ),
    Place.GALLERY: Phrases(
        en="art gallery, gallery, museum, art museum, exhibition, art exhibition, exhibition hall",
        de="Galerie, Kunstgalerie, Museum, Museen, Ausstellung, Kunstmuseum, Vernissage",
        fr="galerie, galerie d'art, musée, exposition",
        es="galería, galería de arte, museo, exposición",
    ),
    Place.GARDEN: Phrases(
        en="garden, backyard, back yard, rose garden, flower garden, flowerbed, flower bed, "
        "botanical garden, cottage garden, herb garden, walled garden, kitchen garden",
        de="Garten, Gärten, Rosengarten, Blumengarten, Schrebergarten, Bauerngarten, "
        "Hintergarten, Blumenbeet",
        fr="jardin, roseraie, jardin botanique, jardin de fleurs",
        es="jardín, rosaleda, jardín botánico, jardín de rosas, patio con flores",
    ),
    Place.HARBOUR: Phrases(
        en="harbour, harbor, marina, port, pier, dock, jetty, quay, fishing boats, wharf, boat "
        "dock, waterfront, harbourside, quayside",
        de="Hafen, Häfen, Bootssteg, Yachthafen, Pier, Seebrücke, Fischerhafen, Anleger",
        fr="port, port de pêche, quai, jetée, ponton, vieux port",
        es="puerto, muelle, embarcadero, malecón, puerto pesquero",
    ),
    Place.HOME: Phrases(
        en="at home, living room, my home, my house, my flat, my apartment, lounge, cozy home, "
        "cosy home, on the sofa, on the couch, home interior, my living room, sitting room, in a "
        "house, in an apartment, in a flat, in my room, inside a house",
        de="zu Hause, daheim, Wohnzimmer, Zuhause, in der Wohnung, in meiner Wohnung, auf dem "
        "Sofa, auf der Couch, in der Stube",
        fr="à la maison, chez moi, dans le salon, dans mon salon, dans un salon, dans ma maison, "
        "dans mon appartement, dans un appartement",
        es="en casa, en mi casa, en el salón, en mi salón, sala de estar, en el sofá, en mi "
        "piso, en un apartamento",
    ),
    Place.LAKE: Phrases(
        en="lake, lakeside, lakeshore, pond, mountain lake, lakefront, lake shore, still lake",
        de="am See, an einem See, Bergsee, Seeufer, vor dem See, vor einem See, an den See, "
        "Teich, Weiher, Bodensee, auf dem See, Waldsee, im See, beim See, Gebirgssee",
        fr="lac, au bord d'un lac, étang, lac de montagne, bord de lac",
        es="lago, laguna, estanque, orilla del lago, lago de montaña",
    ),
    Place.LIBRARY: Phrases(
        en="library, bookshelf, bookshelves, bookcase, reading room, among books, wall of books, "
        "between bookshelves, old books, among old books, shelves of books, rows of books",
        de="Bibliothek, Bücherei, Bücherregal, Lesesaal, Bücherwand, zwischen Büchern",
        fr="bibliothèque, salle de lecture, parmi les livres, étagères de livres",
        es="biblioteca, sala de lectura, entre libros, estantería de libros",
    ),
    Place.MARKET: Phrases(
        en="market, farmers market, farmer's market, flea market, bazaar, market stall, souk, "
        "market square, street market, food market, marketplace, market place, night market, "
        "vegetable market, fish market",
        de="Markt, Märkte, Wochenmarkt, Flohmarkt, Basar, Marktstand, Marktplatz, "
        "Weihnachtsmarkt, Bauernmarkt, Markthalle, Obststand",
        fr="au marché, marché aux fleurs, marché aux puces, étal de marché, le marché, un "
        "marché, bazar",
        es="mercado, mercadillo, bazar, puesto de mercado, zoco",
    ),
    Place.MEADOW: Phrases(
        en="meadow, field, grassland, grassy field, field of grass, field of flowers, "
        "wildflower, field of wildflowers, flower meadow, flower field, wildflower meadow, tall "
        "grass, open field, prairie, poppy field, among flowers, among the flowers, in the "
        "grass, on the grass, pasture, grassy hill, high grass, long grass",
        de="Wiese, Blumenwiese, Feld, Felder, Feldern, Weide, im Gras, im hohen Gras, Mohnfeld, "
        "Bergwiese, Wildblumen, Almwiese, zwischen Blumen",
        fr="prairie, dans un champ, champ de fleurs, dans les champs, pré fleuri, dans l'herbe, "
        "pâturage, fleurs des champs, dans un pré, hautes herbes",
        es="prado, pradera, campo de flores, en el campo, entre flores, en la hierba, flores "
        "silvestres",
    ),
    Place.MOUNTAINS: Phrases(
        en="mountain, mountaintop, mountain top, mountain peak, alps, summit, mountain range, "
        "mountain landscape, rocky mountains, himalayas, mountainside, mountain view, dolomites, "
        "alpine landscape, mountain valley, mountain trail",
        de="Berg, Gebirge, Alpen, Berggipfel, Gipfel, Berglandschaft, Bergwelt, Alm, Bergpanorama",
        fr="montagne, à la montagne, en montagne, Alpes, Pyrénées, au sommet, sommet",
        es="montaña, sierra, cumbre, Alpes, Pirineos, Andes, cima",
    ),
    Place.NEON_ALLEY: Phrases(
        en="neon alley, neon street, neon city, neon-lit alley, neon lit street, neon lit city, "
        "neon-lit streets, cyberpunk alley, cyberpunk street, cyberpunk city, neon alleyway, "
        "neon-lit alleyway, alley with neon signs, alley with neon lights",
        de="Neongasse, Neonstraße, Gasse mit Neonlicht, Gasse mit Neonreklame",
        fr="ruelle de néons, ruelle aux néons, rue aux néons",
        es="callejón de neón, calle de neón, callejón con neones",
    ),
    Place.OFFICE: Phrases(
        en="office, boardroom, meeting room, conference room, open-plan office, corner office, "
        "modern office, coworking space, workplace, workspace, home office",
        de="Büro, Großraumbüro, Besprechungsraum, Konferenzraum, Arbeitsplatz, Arbeitsplätze",
        fr="bureau, salle de réunion, au bureau",
        es="oficina, despacho, sala de reuniones",
    ),
    Place.PARK: Phrases(
        en="park, city park, public garden, public park, park bench",
        de="Stadtpark, Parkanlage, Schlosspark, Parkbank",
        fr="parc, jardin public",
        es="parque",
    ),
    Place.RAIN_STREET: Phrases(
        en="street in the rain, rainy street, rainy city street, rainy city, city in the rain, "
        "rainy alley, rainy road, rainy downtown",
        de="Straße im Regen, verregnete Straße, Stadt im Regen, verregnete Stadt",
        fr="rue sous la pluie, rue pluvieuse, ville sous la pluie",
        es="calle bajo la lluvia, calle lluviosa, ciudad bajo la lluvia",
    ),
    Place.ROOFTOP: Phrases(
        en="rooftop, roof top, roof, roof terrace, roof garden, rooftop terrace, on top of a "
        "building",
        de="Dach, Dächer, Dächern, Dachterrasse, über den Dächern, Hausdach, Dachgarten",
        fr="toit, sur les toits, toit-terrasse, toit terrasse, toit d'un immeuble",
        es="azotea, tejado, terrado, terraza en la azotea",
    ),
    Place.SKY: Phrases(
        en="in the sky, sky background, against the sky, in front of the sky, flying in the sky",
        de="im Himmel, am Himmel, vor dem Himmel, vor blauem Himmel",
        fr="dans le ciel, fond de ciel",
        es="en el cielo, fondo de cielo",
    ),
    Place.SNOW: Phrases(
        en="snowy landscape, winter wonderland, snow landscape, snow-covered landscape, "
        "snowfield, snow field, snowy field, snowy scene, deep snow, snowscape, snowy wood, "
        "fresh snow, arctic landscape",
        de="Schneelandschaft, Winterlandschaft, verschneite Landschaft, im Schnee, im "
        "Tiefschnee, Winterwunderland, Winterwald, verschneit Wald",
        fr="paysage enneigé, paysage de neige, dans la neige, forêt enneigée",
        es="paisaje nevado, en la nieve, paisaje de nieve, bosque nevado",
    ),
    Place.SPACE: Phrases(
        en="in space, outer space, deep space, galaxy, nebula, cosmos, into space, through "
        "space, among the stars, space background, milky way, in the universe, among stars, "
        "interstellar",
        de="Weltall, Weltraum, im All, Galaxie, Sternennebel, Kosmos, Milchstraße",
        fr="dans l'espace, galaxie, cosmos, nébuleuse, parmi les étoiles, voie lactée",
        es="en el espacio, espacio exterior, galaxia, cosmos, entre las estrellas, nebulosa, vía "
        "láctea",
    ),
    Place.STAGE: Phrases(
        en="stage, on stage, concert stage, theatre stage, theater stage, concert hall, in "
        "concert, theatre, theater, opera house",
        de="Bühne, Konzertbühne, Theaterbühne, auf der Bühne, Theater, Konzertsaal",
        fr="sur scène, scène de concert, scène de théâtre, sur une scène, théâtre, sur la scène",
        es="escenario, escenario de concierto, teatro, sobre el escenario",
    ),
    Place.STUDIO: Phrases(
        en="studio, photo studio, studio backdrop, studio background, seamless backdrop, studio "
        "portrait, studio shot, studio photo, studio lighting, studio light, photo booth, "
        "photography studio",
        de="Studio, Fotostudio, Studiohintergrund, Studioporträt, Studiolicht, Fotokabine",
        fr="studio, studio photo, fond de studio, en studio",
        es="estudio, estudio fotográfico, fondo de estudio",
    ),
    Place.TRAIN: Phrases(
        en="train, railway carriage, train carriage, train compartment, on the train, train "
        "journey, railroad car, train ride, train seat",
        de="Zug, Zugabteil, Eisenbahn, Bahnabteil, im Zug, Zugfenster, Zugfahrt",
        fr="train, wagon, compartiment de train, dans le train",
        es="tren, vagón, vagón de tren, compartimento de tren",
    ),
    Place.UNDERWATER: Phrases(
        en="underwater, under water, under the sea, beneath the waves, coral reef, deep sea, "
        "ocean floor, below the surface, submerged, under the ocean, beneath the sea, sea floor, "
        "under the waves, bottom of the sea",
        de="unter Wasser, Unterwasserwelt, Unterwasser, Korallenriff, Tiefsee, Meeresgrund, "
        "unter dem Meer",
        fr="sous l'eau, sous la mer, récif de corail, fond marin, fonds marins",
        es="bajo el agua, debajo del agua, submarino~, arrecife de coral, bajo el mar, fondo del "
        "mar",
    ),
    Place.VINEYARD: Phrases(
        en="vineyard, among vines, among the vines, winery, grapevine, wine country, vines",
        de="Weinberg, Weingarten, Weingärten, Weingut, Weinreben, Rebberg, Weinstöcke",
        fr="vigne, vignoble, domaine viticole",
        es="viñedo, viña, bodega con viñas",
    ),
    Place.WALL: Phrases(
        en="wall, old wall, brick wall, stone wall, concrete wall, plaster wall, weathered wall, "
        "crumbling wall, rough wall, whitewashed wall, ancient wall",
        de="Mauer, alte Mauer, Ziegelmauer, Steinmauer, Backsteinwand, Ziegelwand, Steinwand, an "
        "der Wand, vor einer Wand, vor der Wand, Betonwand, Hauswand, alte Wand, Backsteinmauer",
        fr="mur, vieux mur, mur de pierre, mur de brique, mur en béton, mur de pierres",
        es="muro, pared, muro de piedra, pared de ladrillo, muro viejo, pared vieja, pared de "
        "piedra",
    ),
    Place.WATERFALL: Phrases(
        en="waterfall, water fall, cascade, cascading water, niagara falls",
        de="Wasserfall, Wasserfälle, Wasserfällen",
        fr="chute d'eau, cascade",
        es="cascada, catarata, salto de agua",
    ),
}

# Taken for the place only where the sentence names no other: `a castle in the snow` is a castle.
WEAK = {
    Place.BEACH: Phrases(en="sea, ocean", fr="mer", es="mar"),
    Place.AUTUMN: Phrases(
        en="autumn leaf, autumn leaves, autumn foliage, fall foliage, fall leaf, fall leaves, "
        "fall color, fall colour, autumn color, autumn colour, golden leaves, falling leaves, "
        "fallen leaves",
        de="Herbstlaub, Herbstblatt, Herbstblätter, buntes Laub",
        fr="feuilles d'automne",
        es="hojas de otoño",
    ),
    Place.SNOW: Phrases(en="in the snow, in snow", fr="neige", es="nieve", de="Schnee"),
    Place.SKY: Phrases(
        en="sky, skies, heaven", de="Himmel", fr="ciel, sous le ciel", es="cielo, cielos"
    ),
    Place.CLOUDS: Phrases(en="cloud, clouds", de="Wolke, Wolken", fr="nuage", es="nube"),
    Place.FOREST: Phrases(en="tree, trees", de="Baum, Bäume, Bäumen", fr="arbre", es="árbol"),
    Place.STUDIO: Phrases(
        en="background, backdrop, plain background, plain backdrop, solid background, neutral "
        "background, simple background, blank background, clean background, solid colour "
        "background, solid color background",
        de="Hintergrund, schlicht Hintergrund, neutral Hintergrund, einfarbig Hintergrund",
        fr="arrière-plan, fond uni, fond neutre, sur fond, sur un fond, devant un fond",
        es="fondo, fondo liso, fondo neutro",
    ),
}

"""Places that the booth does not paint, each with the one that comes nearest."""

from services.engines.preview.scene import Place
from services.engines.preview.words.phrases import Phrases

ELSEWHERE = {
    Place.FOREST: Phrases(
        en="jungle, rainforest, rain forest, swamp",
        de="Dschungel",
        fr="jungle",
        es="selva",
    ),
    Place.BEACH: Phrases(
        en="island, tropical island, pool, swimming pool, cliff, cliffs, lighthouse, at sea, on "
        "the sea, on the ocean, waves",
        de="Insel, Pool, Klippe, Leuchtturm, Schwimmbad",
        fr="île, piscine, falaise",
        es="isla, piscina",
    ),
    Place.LAKE: Phrases(
        en="river, stream, riverbank, creek, riverside, canal",
        de="Fluss, Flüsse, Bach",
        fr="rivière, fleuve",
        es="río",
    ),
    Place.MOUNTAINS: Phrases(
        en="hill, hills, valley, volcano, glacier, canyon, cave, iceberg",
        de="Hügel, Tal, Vulkan, Gletscher, Höhle",
        fr="colline, vallée, volcan, grotte",
        es="colina, valle, volcán, cueva",
    ),
    Place.CAFE: Phrases(
        en="restaurant, bar, pub, diner, nightclub, night club, club, bakery, tavern, food court",
        de="Restaurant, Kneipe, Gasthaus, Bäckerei, Biergarten",
        fr="restaurant, boulangerie, boîte de nuit",
        es="restaurante, discoteca, panadería",
    ),
    Place.HOME: Phrases(
        en="kitchen, bedroom, bathroom, cabin, log cabin, attic, hotel, hotel room, cottage, "
        "barn, staircase, hallway, dining room, house, porch, balcony, terrace",
        de="Küche, Schlafzimmer, Badezimmer, Hütte, Haus, Häuser, Balkon, Terrasse, Hotel",
        fr="cuisine, chambre, salle de bain, cabane, maison, balcon, terrasse, hôtel",
        es="cocina, dormitorio, baño, cabaña, casa, balcón, terraza, hotel",
    ),
    Place.TRAIN: Phrases(
        en="train station, railway station, station, platform, subway, metro, airport, "
        "underground, tube, tram, subway station, bus stop, in a car",
        de="Bahnhof, Bahnhöfe, U-Bahn, Flughafen, Straßenbahn",
        fr="gare, métro, aéroport",
        es="estación, aeropuerto",
    ),
    Place.CITY: Phrases(
        en="bridge, village, old town, road, alley, alleyway, building, parking lot, car park, "
        "parking garage, gas station, highway, tower, square, shop, shopping mall, mall, "
        "supermarket, store, shop window, construction site, factory, warehouse, football "
        "stadium, stadium, football field, soccer field, gym, fitness studio",
        de="Brücke, Dorf, Dörfer, Altstadt, Gasse, Gebäude, Parkplatz, Turm, Türme, Laden, "
        "Supermarkt, Fabrik, Stadion, Fitnessstudio",
        fr="pont, village, immeuble, tour, magasin, stade",
        es="puente, pueblo, edificio, torre, tienda, callejón, estadio, plaza",
    ),
    Place.LIBRARY: Phrases(
        en="bookstore, bookshop, book shop, book store, school, classroom, university, lecture "
        "hall, laboratory, lab, hospital",
        de="Buchhandlung, Buchladen, Schule, Universität, Labor, Krankenhaus, Hörsaal",
        fr="librairie, école, université, hôpital",
        es="librería, escuela, universidad, hospital",
    ),
    Place.CASTLE: Phrases(
        en="palace, temple, church, cathedral, monastery, ruins, pyramid, pyramids, mansion, "
        "mosque, throne room, cloister",
        de="Palast, Tempel, Kirche, Dom, Kloster, Ruine",
        fr="palais, temple, église, cathédrale, ruines",
        es="palacio, templo, iglesia, catedral",
    ),
    Place.MEADOW: Phrases(
        en="farm, wheat field, corn field, cornfield, rice field, golf course, greenhouse, orchard",
        de="Bauernhof, Weizenfeld, Gewächshaus, Maisfeld, Kornfeld",
        fr="ferme, serre",
        es="granja, invernadero",
    ),
    Place.SPACE: Phrases(
        en="on the moon, surface of the moon, on mars, planet surface, space station, spacecraft",
        de="auf dem Mond, Raumstation",
        fr="sur la lune",
        es="en la luna",
    ),
    Place.STAGE: Phrases(
        en="dance studio, dance floor, disco, circus, cinema, movie theater, casino, ballroom, "
        "catwalk, runway, recording studio, yoga studio",
        de="Zirkus, Kino, Disko, Tanzfläche, Tanzstudio",
        fr="cirque, cinéma",
        es="circo, cine",
    ),
}

"""What people ask for and the booth can't do, with the reason that a member reads."""

from dataclasses import dataclass

from services.engines.preview.words.elsewhere import ELSEWHERE
from services.engines.preview.words.labels import label
from services.engines.preview.words.phrases import Phrases, verb

ENGINE = "a real engine can"


@dataclass(frozen=True, slots=True)
class Cannot:
    """One kind of thing. noun: a colour or mood before it describes it (`red bridge`).

    thing: so does any word before it (`beach towel`, while a `garden party` is in a garden).
    """

    reason: str
    phrases: Phrases
    noun: bool = True
    thing: bool = True
    actions: str = ""  # English verbs in their base form, regular ones


CLOTHES = Cannot(
    f"the booth can't dress you; {ENGINE}",
    Phrases(
        en="dress, suit, shirt, t-shirt, tshirt, tee, blouse, sweater, jumper, pullover, hoodie, "
        "cardigan, jacket, blazer, coat, trench coat, raincoat, rain coat, overcoat, parka, "
        "vest, waistcoat, trousers, pants, jeans, shorts, skirt, gown, ball gown, robe, kimono, "
        "sari, saree, hanbok, dirndl, lederhosen, kilt, toga, cape, cloak, poncho, tuxedo, tux, "
        "tie, bow tie, bowtie, scarf, shawl, hat, cap, beanie, beret, helmet, hood, veil, "
        "headband, glove, mittens, sock, stocking, shoe, boot, sneaker, sandal, heels, high "
        "heels, slippers, belt, jewelry, jewellery, necklace, earring, earrings, bracelet, ring, "
        "rings, watch, crown, tiara, sunglasses, glasses, spectacles, goggles, eyeglasses, mask, "
        "swimsuit, bikini, swimwear, swim trunks, wetsuit, pyjamas, pajamas, nightgown, "
        "lingerie, uniform, costume, outfit, clothes, clothing, armour, armor, apron, overalls, "
        "jumpsuit, tracksuit, sweatshirt, tank top, crop top, turtleneck, leather jacket, denim "
        "jacket, wedding dress, flower crown, backpack, handbag, bag, purse, linen, silk, "
        "leather, denim, velvet, lace, wool, knitted, sportswear, streetwear, evening wear, "
        "spacesuit, space suit, barefoot, feet",
        de="Kleid, Kleider, Anzug, Anzüge, Hemd, Hemden, Bluse, Pulli, Pullover, Jacke, Mantel, "
        "Mäntel, Hose, Hut, Mütze, Schal, Brille, Sonnenbrille, Schuh, Stiefel, Krawatte, "
        "Uniform, Kostüm, Krone, Schmuck, Kette, Rüstung, Lederjacke, Helm, Kleidung, Dirndl, "
        "Abendkleid, Brautkleid, Sommerkleid, Regenmantel, Wintermantel, Strickjacke, Badeanzug",
        fr="robe, costume, chemise, chemisier, pull, veste, manteau, manteaux, pantalon, jupe, "
        "chapeau, chapeaux, bonnet, écharpe, lunettes, chaussure, bottes, cravate, uniforme, "
        "couronne, bijou, bijoux, collier, armure, vêtement, habillé, habillée, portant, maillot",
        es="vestido, traje, camisa, blusa, jersey, suéter, chaqueta, abrigo, pantalón, falda, "
        "sombrero, gorra, bufanda, gafas, lentes, zapato, botas, corbata, uniforme, corona, "
        "joya, collar, armadura, ropa, vestida, vestidos, camiseta, gabardina, bikini",
    ),
)
COSTUMES = Cannot(
    f"the booth can't dress you up; {ENGINE}",
    Phrases(
        en="astronaut, pirate, knight, king, queen, prince, princess, superhero, super hero, "
        "superheroine, batman, superman, spiderman, spider-man, wizard, witch, vampire, zombie, "
        "elf, fairy, mermaid, ninja, samurai, cowboy, cowgirl, viking, warrior, gladiator, "
        "soldier, angel, demon, devil, ghost, robot, cyborg, alien, santa, santa claus, clown, "
        "doctor, nurse, surgeon, chef, cook, baker, firefighter, fireman, policeman, police "
        "officer, cop, detective, spy, james bond, lawyer, judge, businessman, businesswoman, "
        "ceo, manager, trader, teacher, professor, scientist, engineer, pilot, captain, sailor, "
        "farmer, fisherman, painter, artist, musician, singer, rock star, rockstar, pop star, "
        "dancer, ballerina, athlete, footballer, football player, boxer, surfer, skier, racing "
        "driver, race car driver, model, actor, actress, movie star, bride, groom, pharaoh, "
        "cleopatra, greek god, goddess, god, jedi, hobbit, monk, priest, nun, explorer, hunter, "
        "archer, emperor, empress, royal, nobleman, noblewoman, duke, duchess, barista, waiter, "
        "gardener, librarian, ranger, worker, hacker, gamer, snow queen, snow white, ice queen, "
        "barbie, character, cosplay, hero, heroine, villain, ghostbuster, hippie, punk, goth, "
        "elsa, mad scientist, monster, werewolf, centaur, dj, president, diver, politician, "
        "driver",
        de="Astronaut, Astronautin, Pirat, Piratin, Ritter, König, Königin, Prinz, Prinzessin, "
        "Superheld, Superheldin, Hexe, Zauberer, Vampir, Fee, Meerjungfrau, Arzt, Ärztin, Koch, "
        "Köchin, Polizist, Soldat, Cowboy, Engel, Wikinger, Kapitän, Pilot, Pilotin, Lehrer, "
        "Künstler, Sänger, Sängerin, Tänzerin, Braut, Feuerwehrmann, verkleidet",
        fr="astronaute, pirate, chevalier, roi, reine, princesse, super-héros, superhéros, "
        "sorcière, magicien, vampire, fée, sirène, médecin, cuisinier, policier, soldat, ange, "
        "capitaine, pilote, chanteuse, chanteur, danseuse, mariée, déguisé, déguisée, guerrier",
        es="astronauta, pirata, caballero, rey, reina, princesa, superhéroe, bruja, mago, "
        "vampiro, hada, sirena, médico, cocinero, policía, soldado, ángel, capitán, piloto, "
        "cantante, bailarina, novia, disfrazado, disfrazada, guerrero, vaquero",
    ),
)
OBJECTS = Cannot(
    f"the booth can't put things into the picture; {ENGINE}",
    Phrases(
        en="car, sports car, bike, bicycle, motorbike, motorcycle, boat, sailboat, sailing boat, "
        "ship, yacht, airship, spaceship, rocket, plane, airplane, aeroplane, helicopter, "
        "balloon, hot air balloon, bus, truck, tractor, taxi, scooter, skateboard, snowboard, "
        "surfboard, ski, skis, book, newspaper, magazine, phone, smartphone, laptop, computer, "
        "guitar, piano, violin, drum, microphone, umbrella, chair, armchair, bench, table, desk, "
        "bed, sofa, couch, lamp, lantern, torch, fireplace, campfire, bonfire, fire, flame, "
        "smoke, coffee, tea, cup, mug, glass, wine, glass of wine, beer, cocktail, champagne, "
        "drink, cake, birthday cake, pizza, burger, pasta, food, fruit, apple, ice cream, "
        "ice-cream, bread, flowers, flower, rose, roses, bouquet, sunflower, tulip, petals, ivy, "
        "palm, palm tree, plant, cactus, mushroom, pumpkin, christmas tree, balloons, confetti, "
        "gift, present, sword, lightsaber, gun, weapon, bow and arrow, wand, magic wand, wings, "
        "halo, horns, ball, football, basketball, tennis racket, racket, trophy, medal, sand "
        "castle, sandcastle, towel, hammock, tent, backpack, suitcase, sign, flag, mirror, "
        "clock, statue, sculpture, painting on the wall, picture frame, chandelier, curtain, "
        "carpet, blanket, pillow, bathtub, swing, spices, fruits, vegetables, basket, bubbles, "
        "butterfly wings, fireworks, firework, rainbow, moon, planet, earth, sun hat, juice, "
        "milk, toy, doll, teddy, teddy bear, candle holder, chess, cards, dice, cigarette, "
        "cigar, pipe, pen, whiteboard, screen, headphones, cotton candy, popcorn, lollipop, "
        "tattoo sleeve, throne, ladder, kite, paddle, canoe, kayak, string lights, fairy lights, "
        "lanterns",
        de="Auto, Fahrrad, Motorrad, Boot, Schiff, Flugzeug, Buch, Gitarre, Klavier, Handy, "
        "Regenschirm, Stuhl, Tisch, Lampe, Kaffee, Tasse, Glas, Wein, Bier, Kuchen, Blume, Rose, "
        "Blumenstrauß, Schwert, Ball, Fahne, Spiegel, Zuckerwatte, Luftballon, Koffer, "
        "Bewerbungsfoto, Eis, Brot, Korb, Laptop, Geschenk, Laterne",
        fr="voiture, vélo, moto, bateau, bateaux, avion, livre, guitare, téléphone, parapluie, "
        "chaise, table, lampe, café au lait, tasse, verre, vin, bière, gâteau, fleur, bouquet, "
        "épée, ballon, drapeau, miroir, panier, valise, pain, baguette, croissant",
        es="coche, bicicleta, moto, barco, avión, libro, guitarra, teléfono, paraguas, silla, "
        "mesa, lámpara, taza, vaso, copa, vino, cerveza, tarta, flor, ramo, espada, pelota, "
        "bandera, espejo, cesta, maleta, pan, globo",
    ),
)
ANIMALS = Cannot(
    f"the booth can't add animals; {ENGINE}",
    Phrases(
        en="dog, puppy, golden retriever, labrador, cat, kitten, horse, pony, unicorn, dragon, "
        "lion, tiger, bear, wolf, wolves, fox, deer, rabbit, bunny, owl, eagle, parrot, bird, "
        "butterfly, butterflies, bee, fish, dolphin, shark, whale, turtle, elephant, giraffe, "
        "monkey, panda, cow, sheep, goat, pig, duck, swan, peacock, snake, dinosaur, pet, "
        "animal, jellyfish, octopus, seagull, camel, hamster, phoenix, raven, crow",
        de="Hund, Katze, Pferd, Einhorn, Drache, Löwe, Vogel, Vögel, Schmetterling, Fisch, Tier, "
        "Hase, Eule, Wolf, Fuchs, Kuh, Kühe",
        fr="chien, chienne, chat, cheval, chevaux, licorne, dragon, lion, oiseau, oiseaux, "
        "papillon, poisson, animal, animaux, loup, renard, lapin",
        es="perro, perra, gato, caballo, unicornio, dragón, león, pájaro, mariposa, pez, peces, "
        "animal, animales, lobo, zorro, conejo",
    ),
)
PEOPLE = Cannot(
    "the booth shows nobody but you",
    Phrases(
        en="husband, wife, boyfriend, girlfriend, friend, friends, family, mother, father, mom, "
        "mum, dad, parents, brother, sister, son, daughter, kid, kids, child, children, baby, "
        "toddler, grandmother, grandfather, grandma, grandpa, couple, people, crowd, audience, "
        "team, colleague, partner, twin, group, strangers, someone, somebody, another person, "
        "passersby, another man, another woman, tourists, band, guests, celebrity, cousins",
        de="Mann und Frau, Freund, Freundin, Freunde, Familie, Mutter, Vater, ein Kind, mein "
        "Kind, Kinder, Bruder, Schwester, Oma, Opa, Leute, Menschen, Menschenmenge, Ehemann, "
        "Ehefrau, Sohn, Tochter, Baby, Publikum",
        fr="mari, femme et moi, ami, amie, amis, famille, mère, père, enfant, frère, sœur, "
        "grand-mère, gens, foule, fils, fille et moi, bébé, copain, copine, personnes",
        es="marido, esposo, esposa, amigo, amiga, familia, madre, padre, hijo, hija, hermano, "
        "hermana, abuela, abuelo, gente, personas, multitud, bebé, niños, novio",
    ),
)
LOOKS = Cannot(
    "the booth leaves your face and hair as they are",
    Phrases(
        en="hair, hairstyle, haircut, curls, curly hair, blonde, blond, brunette, redhead, "
        "ginger, ponytail, braid, braids, bun, bangs, bald, beard, moustache, mustache, stubble, "
        "eyes, eye, eyebrows, lashes, lips, lipstick, makeup, make-up, eyeliner, freckles, "
        "tattoo, tattoos, skin, teeth, smile, smiling, grin, grinning, laugh, laughing, crying, "
        "tears, serious, sad, happy, angry, surprised, confident, face, expression, pose, "
        "elegant, handsome, sexy, dreadlocks, wet hair, long hair, short hair, confident look, "
        "wink, winking, frowning, friendly, thoughtful, pensive, nails, stare, gaze",
        de="Haar, Haare, Haaren, Frisur, Locken, blond, Bart, Augen, Lippen, Lippenstift, "
        "Make-up, Schminke, geschminkt, Sommersprossen, lächelnd, Lächeln, lachend, ernst, "
        "traurig, glücklich, Gesicht, Glatze, Pferdeschwanz, Zopf",
        fr="cheveux, coiffure, boucles, barbe, moustache, yeux, lèvres, maquillage, maquillée, "
        "sourire, souriant, souriante, sérieux, heureuse, heureux, triste, visage, chauve",
        es="pelo, cabello, peinado, rizos, barba, bigote, ojos, labios, maquillaje, sonrisa, "
        "sonriendo, serio, seria, feliz, triste, cara, calvo, sonriente",
    ),
)
AGE = Cannot(
    f"the booth keeps you as you are; {ENGINE}",
    Phrases(
        en="younger, older, old man, old woman, as a child, as a kid, as a baby, aged, year old, "
        "years old, elderly, teenager, thinner, slimmer, taller, muscular, muscles, fit, slim, "
        "buff, abs, wrinkles, middle aged, middle-aged, in my twenties, young, skinny, fat, six "
        "pack, pregnant, male version, female version, gender swap",
        de="jünger, älter, als Kind, schlanker, muskulös, Muskeln, dünner, Jahre alt, jung",
        fr="plus jeune, plus vieux, plus vieille, mince, musclé, ans, enfant",
        es="más joven, mayor, delgado, musculoso, años",
    ),
)
ACTIONS = Cannot(
    f"the booth keeps the pose of your photo; {ENGINE}",
    Phrases(
        en="sitting, sits, sit, running, run, runs, ran, swimming, swim, riding, ride, rides, "
        "reading, read, drinking, drink, eating, eat, holding, hold, holds, writing, flying, "
        "fly, flies, driving, drive, lying, lie, lying down, sleeping, sleep, fighting, fight, "
        "throwing, singing, sing, sings, sunbathing, playing, plays, training, meditating, yoga, "
        "doing yoga, hands in pockets, arms crossed, crossed arms, thumbs up, hands, hand, arms, "
        "looking, looks at, looking away, looking up, looking down, looking out, looking back, "
        "standing on one leg, jumping, from behind, back view, side profile, in profile, me "
        "look, i look, makes me look, make me look, giving a talk, talk, speech, giving a "
        "speech, drinking coffee, having coffee, doing, building, wave, waving",
        de="sitzend, laufend, rennend, schwimmend, lesend, tanzend, reitend, spazierend, sitze, "
        "sitzt, laufe, renne, lese, tanze, schwimme, reite, spaziere, Spaziergang, springe, "
        "sitzen, laufen, lesen, tanzen, schwimmen, springen, trinke, esse, halte, spiele, "
        "spielen, fliege, schlafe, stehend",
        fr="assis, assise, courant, nageant, lisant, dansant, courir, nager, lire, danser, "
        "sauter, buvant, mangeant, tenant, jouant, marchant, promenade, cours, danse, saute",
        es="sentado, sentada, corriendo, nadando, leyendo, bailando, saltando, bebiendo, "
        "comiendo, caminando, paseando, montando, jugando, tocando, corro, bailo, paseo",
    ),
    noun=False,
    thing=False,
    actions="walk, hike, dance, jump, climb, surf, dive, cook, paint, lean, kneel, crouch, "
    "shout, kiss, hug, stretch, sail, work, stroll, wander, relax, travel, camp, pose, cycle, "
    "skate, juggle, pray, celebrate, bathe, float, ski, snowboard, shop, chill, twirl, spin, "
    "exercise, perform, jog",
)
EVENTS = Cannot(
    "the booth paints places and light, no events",
    Phrases(
        en="wedding, party, birthday, birthday party, christmas, easter, halloween, concert, "
        "festival, graduation, picnic, barbecue, bbq, dinner, lunch, breakfast, holiday, "
        "vacation, honeymoon, new year, new year's eve, carnival, valentine, prom, gala, parade, "
        "match, race, rave, workout, ceremony, birthday card, card, invitation, greeting card, "
        "wedding day",
        de="Hochzeit, Party, Geburtstag, Weihnachten, Ostern, Konzert, Picknick, Urlaub, Feier, "
        "Abschluss, Silvester, Fasching, Karneval, Hochzeitstag",
        fr="mariage, fête, anniversaire, Noël, Pâques, concert, pique-nique, vacances, carnaval",
        es="boda, fiesta, cumpleaños, Navidad, concierto, picnic, vacaciones, carnaval, graduación",
    ),
    thing=False,
)
STYLES = Cannot(
    "a style; choose one from the list",
    Phrases(
        en="watercolour, watercolor, oil painting, pencil sketch, pencil drawing, sketch, "
        "drawing, line art, comic, comic book, cartoon, anime, manga, pixar, disney, ghibli, "
        "studio ghibli, pop art, black and white, black & white, b&w, bw, monochrome, vintage, "
        "retro, polaroid, grain, film, film look, analog film, film grain, grainy, double "
        "exposure, cyanotype, risograph, magazine cover, vogue, poster, album cover, van gogh, "
        "picasso, monet, rembrandt, warhol, andy warhol, klimt, impressionist, cubist, surreal, "
        "surrealism, abstract, 3d render, 3d, pixel art, lego, clay, claymation, digital art, "
        "concept art, illustration, painting, mosaic, stained glass, charcoal drawing, ink "
        "drawing, engraving, woodcut, street art, graffiti style, cyberpunk, steampunk, art "
        "deco, art nouveau, renaissance, baroque, medieval painting, vaporwave, synthwave, wes "
        "anderson, tim burton, low poly, minimalist, in the style of, fantasy, sci-fi, science "
        "fiction, futuristic, postcard, stamp, sepia tone, gothic",
        de="Aquarell, Ölgemälde, Bleistiftzeichnung, Zeichnung, schwarzweiß, schwarz-weiß, "
        "schwarz weiß, Gemälde, Comic, Poster, Plakat, Skizze",
        fr="aquarelle, peinture à l'huile, dessin, noir et blanc, bande dessinée, affiche, tableau",
        es="acuarela, óleo, dibujo, blanco y negro, cómic, cartel, pintura, retrato al óleo",
    ),
    noun=False,
    thing=False,
)
LOOK_WORDS = Cannot(
    "say it as light or mood: dramatic, dreamy, warm, dark, calm",
    Phrases(
        en="cinematic, romantic, atmospheric, aesthetic, editorial, fashion, glamorous, glamour, "
        "luxury, professional, corporate, business, linkedin, tropical, exotic, cool, edgy, "
        "nostalgic, festive, spooky, scary, creepy, sexy, funny, majestic, powerful",
        de="filmisch~, romantisch~, professionell~, atmosphärisch~",
        fr="cinématographique, romantique, professionnel~",
        es="cinematográfico~, romántico~, profesional",
    ),
    noun=False,
    thing=False,
)
PALETTE = Cannot(
    "name up to three colours, such as mint or lavender",
    Phrases(
        en="pastel, pastel colour, pastel color, rainbow colours, rainbow colors, multicoloured, "
        "multicolored, neon colours, neon colors, earth tone, earthy, jewel tone, ombre, "
        "gradient",
        de="pastellfarben~, Pastell, mehrfarbig~",
        fr="pastel, multicolore",
        es="pastel, multicolor",
    ),
    noun=False,
    thing=False,
)
SOFT_LIGHT = Cannot(
    "say where it comes from: window, overcast, candle",
    Phrases(
        en="soft light, soft lighting, natural light, natural lighting, ambient light, beautiful "
        "light, perfect lighting, dappled light, volumetric light, god rays, light rays, lens "
        "flare, sun rays, sunbeams, softbox, soft natural light, flash, ring light, flashlight",
        de="weiches Licht, natürliches Licht, sanftes Licht, Sonnenstrahlen, Blitzlicht",
        fr="lumière douce, lumière naturelle",
        es="luz suave, luz natural",
    ),
    noun=False,
    thing=False,
)
FULL_BODY = Cannot(
    "the booth shows as much of you as your photo does",
    Phrases(
        en="full body, full-body, full length, full-length, head to toe, whole body, legs, full "
        "figure, full body shot, entire body, full body portrait",
        de="Ganzkörper, ganzer Körper, Ganzkörperfoto, Beine",
        fr="en pied, corps entier, jambes",
        es="cuerpo entero, cuerpo completo, piernas",
    ),
    noun=False,
    thing=False,
)
NAMED = Cannot(
    "the booth knows no place by its name; say city, beach or mountains",
    Phrases(
        en="paris, london, new york, nyc, manhattan, brooklyn, tokyo, kyoto, berlin, munich, "
        "vienna, rome, venice, florence, milan, madrid, barcelona, lisbon, amsterdam, prague, "
        "istanbul, dubai, hong kong, singapore, bangkok, bali, sydney, los angeles, san "
        "francisco, las vegas, chicago, miami, hawaii, california, texas, italy, france, spain, "
        "germany, japan, china, india, iceland, norway, greece, santorini, egypt, morocco, "
        "marrakesh, marrakech, tuscany, provence, ireland, scotland, england, switzerland, "
        "austria, times square, eiffel tower, big ben, colosseum, taj mahal, great wall of "
        "china, statue of liberty, golden gate bridge, wall street, machu picchu, stonehenge, "
        "hogwarts, mount fuji, grand canyon, mars, hollywood, disneyland, kenya, africa, "
        "brooklyn bridge, brandenburg gate, louvre, white house",
        de="München, Wien, Köln, Hamburg, Zürich, Rom, Venedig, Mailand, Prag, Mallorca, "
        "Italien, Frankreich, Spanien, Norwegen, Griechenland, Toskana, Österreich, Schweiz",
        fr="Londres, parisien, parisienne, Lyon, Marseille, Italie, Espagne, Grèce, Bretagne",
        es="París, Roma, Nueva York, Sevilla, Granada, Valencia, México, Italia, Londres, Grecia",
    ),
    thing=False,
)


EVERYTHING = (
    CLOTHES,
    COSTUMES,
    OBJECTS,
    ANIMALS,
    PEOPLE,
    LOOKS,
    AGE,
    ACTIONS,
    EVENTS,
    STYLES,
    LOOK_WORDS,
    PALETTE,
    SOFT_LIGHT,
    FULL_BODY,
    NAMED,
    *(
        Cannot(
            f"the booth can't paint this place; {label(nearest)} comes nearest",
            phrases,
            thing=False,
        )
        for nearest, phrases in ELSEWHERE.items()
    ),
)


def actions() -> list[str]:
    """Every form of the English verbs."""
    return [form for base in ACTIONS.actions.split(", ") for form in verb(base)]

"""What people call light, weather, seasons, moods, lens and framing."""

from services.engines.preview.scene import Framing, Lens, Light, Mood, Season, Weather
from services.engines.preview.words.phrases import Phrases

# What shines goes before when it is: `by candlelight at night` is candlelight.
LAMPS = {Light.CANDLE, Light.NEON, Light.STAGE}

LIGHTS = {
    Light.CANDLE: Phrases(
        en="candle, candlelight, candle light, candlelit, candle lit, by candlelight, lit by "
        "candles, candle glow",
        de="Kerze, Kerzenlicht, Kerzenschein, bei Kerzenlicht",
        fr="bougie, chandelle, aux chandelles, lueur des bougies, lueur d'une bougie, lumière "
        "des bougies",
        es="vela, luz de vela, luz de las velas, luz de velas",
    ),
    Light.DAWN: Phrases(
        en="dawn, sunrise, daybreak, morning, early morning, first light, morning light, morning "
        "sun, rising sun, sun rising, sun rise, break of day, crack of dawn",
        de="Morgendämmerung, Sonnenaufgang, Sonnenaufgänge, Morgenlicht, am Morgen, morgens, "
        "Morgengrauen, frühmorgens, Tagesanbruch, Morgensonne, aufgehende Sonne",
        fr="aube, aurore, lever du soleil, lever de soleil, matin, au matin, petit matin, "
        "lumière du matin, point du jour, soleil levant",
        es="amanecer, alba, salida del sol, madrugada, por la mañana, luz de la mañana",
    ),
    Light.DUSK: Phrases(
        en="dusk, twilight, blue hour, nightfall, evening, late evening, after sunset, gloaming",
        de="Dämmerung, Abenddämmerung, blaue Stunde, abends, am Abend, Zwielicht, Abend",
        fr="crépuscule, heure bleue, soir, tombée de la nuit",
        es="crepúsculo, hora azul, anochecer, al caer la noche",
    ),
    Light.GOLDEN_HOUR: Phrases(
        en="golden hour, magic hour, golden light, low sun, late sun, late afternoon, late "
        "afternoon sun, late afternoon light, evening sun, evening light, sunset, sundown, "
        "setting sun, golden sunlight, golden sun, warm sunlight, warm sun, sun setting, warm "
        "evening light, golden glow, sun going down, afternoon sun, sunset light",
        de="goldene Stunde, goldene Licht, goldenes Licht, Sonnenuntergang, Sonnenuntergänge, "
        "Abendsonne, Abendlicht, tiefe Sonne, tiefstehende Sonne, untergehende Sonne, später "
        "Nachmittag, Spätnachmittag",
        fr="heure dorée, coucher du soleil, coucher de soleil, soleil couchant, lumière dorée, "
        "soleil bas, fin d'après-midi",
        es="hora dorada, puesta de sol, puesta del sol, atardecer, luz dorada, ocaso, caída del "
        "sol, última hora de la tarde",
    ),
    Light.NEON: Phrases(
        en="neon, neon light, neon sign, neon glow, neon lit, neon lighting, neon tube, neons, "
        "cyberpunk lighting, cyberpunk light",
        de="Neon, Neonlicht, Neonlichter, Neonschild, Neonschilder, Neonreklame, Leuchtreklame",
        fr="néon, lumière néon, enseigne au néon, lumière de néon, lumières au néon",
        es="neón, luz de neón, luces de neón, letrero de neón, neones",
    ),
    Light.NIGHT: Phrases(
        en="night, nighttime, night time, midnight, moonlight, moonlit, by moonlight, moon "
        "light, full moon, night sky, starry sky, starry night, under the stars, starlight, at "
        "night, starlit, under the moon, moonlit night, starry, stars in the sky, after dark",
        de="Nacht, Nächte, nachts, Mitternacht, Mondlicht, Mondschein, Sternenhimmel, unter "
        "Sternen, Nachthimmel, Vollmond, nächtlich~, unter den Sternen, bei Nacht",
        fr="nuit, minuit, clair de lune, ciel étoilé, sous les étoiles, nuit étoilée, pleine "
        "lune, de nuit, la nuit, lumière de la lune",
        es="noche, medianoche, luz de la luna, cielo estrellado, bajo las estrellas, luna llena, "
        "de noche, por la noche, luz de luna, noche estrellada",
    ),
    Light.NOON: Phrases(
        en="noon, midday, high noon, midday sun, noonday, overhead sun, harsh sunlight, harsh "
        "sun, hard sun, sun overhead, bright sunlight, noon sun, hard sunlight",
        de="Mittag, mittags, Mittagssonne, Mittagslicht, grelle Sonne, um zwölf Uhr mittags",
        fr="midi, à midi, plein soleil, soleil de midi, en plein midi",
        es="mediodía, pleno sol, sol de mediodía, a pleno sol",
    ),
    Light.OVERCAST: Phrases(
        en="overcast, overcast light, overcast sky, overcast day, grey day, gray day, grey sky, "
        "gray sky, grey skies, gray skies, diffuse light, diffused light, soft diffused light, "
        "soft diffuse light, flat light, soft overcast light, diffused daylight",
        de="bedeckter Himmel, bedeckt Himmel, grauer Himmel, grau Himmel, trübes Licht, diffuses "
        "Licht, diffus Licht, trüb Tag, grauer Tag",
        fr="ciel couvert, ciel gris, lumière diffuse, temps couvert, temps gris",
        es="cielo cubierto, cielo nublado, cielo gris, luz difusa, cielo encapotado",
    ),
    Light.RIM: Phrases(
        en="rim light, rim lighting, rim lit, backlight, back light, backlit, back lit, "
        "backlighting, back lighting, light from behind, lit from behind, against the light, "
        "edge light, halo light, sun behind me, sun behind, hair light, rimlight, contre-jour, "
        "against the sun, sun in my back, light behind me, glow from behind",
        de="Gegenlicht, Licht von hinten, Kantenlicht, Streiflicht, Randlicht, von hinten "
        "beleuchtet",
        fr="contre-jour, à contre-jour, lumière de dos, lumière par derrière",
        es="contraluz, a contraluz, luz de fondo, luz por detrás, luz trasera",
    ),
    Light.STAGE: Phrases(
        en="spotlight, spot light, stage light, stage lighting, limelight, floodlight, concert "
        "light, concert lighting, theatre light, follow spot, disco light, stage lit",
        de="Scheinwerfer, Scheinwerferlicht, Bühnenlicht, Rampenlicht, Spotlight",
        fr="projecteur, feux de la rampe, lumière de scène, lumières de la scène, feux de scène",
        es="foco, focos, luz de escenario, luces del escenario, reflector, luz de los focos",
    ),
    Light.WINDOW: Phrases(
        en="window, window light, light from a window, by the window, by a window, near a "
        "window, near the window, tall window, large window, big window, light through the "
        "window, at the window, bay window, next to the window, next to a window, window "
        "lighting, light from the window, light through a window, sunlit window, windowlight",
        de="Fenster, Fensterlicht, am Fenster, Licht vom Fenster, neben dem Fenster, großes "
        "Fenster",
        fr="fenêtre, lumière de la fenêtre, près de la fenêtre, lumière d'une fenêtre",
        es="ventana, luz de ventana, luz de la ventana, junto a la ventana, ventanal",
    ),
}

WEATHERS = {
    Weather.CLEAR: Phrases(
        en="sunny, sunshine, sunlight, sunlit, clear sky, clear skies, blue sky, blue skies, "
        "cloudless, cloudless sky, fair weather, clear weather, in the sun, full sun, bright "
        "sun, clear day, nice weather, good weather, sun-drenched, under the sun, clear blue "
        "sky, sun shining, sun is shining, sunny day, sunny weather",
        de="sonnig~, Sonnenschein, blauer Himmel, blau Himmel, wolkenlos~, klarer Himmel, "
        "schönes Wetter, Sonnenlicht, klar Himmel",
        fr="ensoleillé~, ciel bleu, beau temps, sous le soleil, ciel clair, ciel dégagé",
        es="soleado~, cielo azul, cielo despejado, buen tiempo, al sol, cielo claro",
    ),
    Weather.CLOUDY: Phrases(
        en="cloudy, cloudy sky, dark clouds, clouded, cloud cover, cloudy day, cloudy weather, "
        "partly cloudy, clouds in the sky",
        de="bewölkt~, wolkig~, wolkiger Himmel",
        fr="nuageux, nuageuse, ciel nuageux, temps nuageux",
        es="nublado~, nuboso~",
    ),
    Weather.FOG: Phrases(
        en="fog, foggy, mist, misty, haze, hazy, morning mist, ground fog, in the fog, in the "
        "mist, foggy weather",
        de="Nebel, neblig~, Dunst, dunstig~, Nebelschwaden, Morgennebel, nebelig~",
        fr="brouillard, brume, brumeux, brumeuse, brumeuses",
        es="niebla, neblina, bruma, brumoso~, neblinoso~",
    ),
    Weather.RAIN: Phrases(
        en="rain, rainy, raining, drizzle, raindrop, rainfall, in the rain, pouring rain, "
        "downpour, rains, drizzling, rainy day, rainy weather, heavy rain, light rain, it rains, "
        "rain shower, rain falling, rain drops",
        de="Regen, regnerisch~, Regentropfen, Nieselregen, es regnet, im Regen, regnet, "
        "verregnet~, Regenschauer",
        fr="pluie, pluvieux, pluvieuse, sous la pluie, il pleut, bruine, gouttes de pluie",
        es="lluvia, lluvioso~, bajo la lluvia, llovizna, llueve, lloviendo",
    ),
    Weather.SNOW: Phrases(
        en="snow, snowy, snowing, snowfall, snowflake, falling snow, snow falling, snow-covered, "
        "snow covered, snow-capped, it snows, snowed in, snow flurries, snow flakes, light snow, "
        "heavy snow, snow storm, snowstorm, blizzard, snow capped, snows",
        de="verschneit~, Schneeflocke, Schneefall, es schneit, schneebedeckt~, schneit, "
        "schneiend~, Schneesturm, Schneeflocken, Schneegestöber",
        fr="enneigé~, flocon, flocons de neige, il neige, sous la neige, chute de neige",
        es="nevado~, nevando, copos de nieve, nevada, bajo la nieve, nieva",
    ),
    Weather.STORM: Phrases(
        en="storm, stormy, thunderstorm, thunder, lightning, lightning bolt, stormy weather, "
        "storm clouds, stormy sky, stormy skies, tempest, thunder and lightning, approaching "
        "storm",
        de="Sturm, Stürme, stürmisch~, Gewitter, Gewitterwolken, Gewitterhimmel, Gewittersturm, "
        "Unwetter",
        fr="tempête, orage, orageux, orageuse, éclair, ciel d'orage",
        es="tormenta, tormentoso~, tempestad, relámpago, trueno",
    ),
    Weather.WIND: Phrases(
        en="wind, windy, breeze, breezy, gust, windswept, wind-swept, wind-blown, windblown, in "
        "the wind, strong wind, gentle breeze, light breeze, sea breeze, gusty",
        de="windig~, Brise, Böe, im Wind, Wind, windzerzaust~",
        fr="vent, venteux, brise, dans le vent, plein vent",
        es="viento, ventoso~, brisa, al viento",
    ),
}

SEASONS = {
    Season.SPRING: Phrases(
        en="springtime, in spring, spring in the, spring in a, spring day, early spring, late "
        "spring, in the spring, spring morning, spring evening, spring light, spring garden, "
        "this spring, spring season, spring colours, spring colors, spring flowers, spring "
        "forest, spring meadow",
        de="Frühling, Frühjahr, Frühlingstag, im Lenz, frühlingshaft~",
        fr="printemps, printanier~, au printemps",
        es="primavera, primaveral",
    ),
    Season.SUMMER: Phrases(
        en="summer, summertime, summery, midsummer, summer day, high summer, summer season",
        de="Sommer, sommerlich~, Sommertag, Hochsommer",
        fr="en été, estival~, été, jour d'été, d'été",
        es="verano, veraniego~, día de verano",
    ),
    Season.AUTUMN: Phrases(
        en="autumn, autumnal, in fall, in the fall, fall day, early fall, late fall, fall "
        "season, autumn day, fall morning, fall evening, fall afternoon, during fall, this fall, "
        "indian summer, crisp fall day, fall colours, autumn colours, autumn light, fall weather",
        de="Herbst, herbstlich~, Herbsttag, Spätherbst, Altweibersommer",
        fr="automne, automnal~, en automne, jour d'automne",
        es="otoño, otoñal",
    ),
    Season.WINTER: Phrases(
        en="winter, wintry, wintertime, midwinter, winter day, deep winter, winter season, wintery",
        de="Winter, winterlich~, Wintertag, tiefster Winter",
        fr="hiver, hivernal~, en hiver, jour d'hiver",
        es="invierno, invernal, día de invierno",
    ),
}

MOODS = {
    Mood.BRIGHT: Phrases(
        en="bright, airy, light and airy, high key, high-key, light-filled, luminous, brightly "
        "lit, well lit",
        de="helle, heller, helles, hellem, hellen, lichtdurchflutet~",
        fr="lumineux, lumineuse, clair~",
        es="luminoso~",
    ),
    Mood.CALM: Phrases(
        en="calm, peaceful, serene, tranquil, quiet, gentle, soothing, muted, muted colours, "
        "muted colors, subdued",
        de="ruhig~, friedlich~",
        fr="calme, paisible, serein~",
        es="tranquilo~, sereno~, apacible",
    ),
    Mood.COOL: Phrases(
        en="cold, icy, frosty, chilly, cool tone, cool light, cool colour, cool color, cold "
        "light, cold tone, cool-toned, cool toned, cool blue tones, cool palette, cold colours, "
        "cold colors, cool blue light, wintry light",
        de="kalt~, kühl~, eisig~, frostig~",
        fr="froid~, glacial~",
        es="frío~, gélido~, helado~",
    ),
    Mood.DARK: Phrases(
        en="dark, moody, gloomy, sombre, somber, low key, low-key, shadowy, noir style, "
        "mysterious, dim, dimly lit, brooding, sinister, film noir, murky, dark and moody, deep "
        "shadows",
        de="dunkel~, düster~, dunkle, dunklen, dunkler, dunklem, dunkles, finster~, geheimnisvoll~",
        fr="sombre, obscur~, mystérieux, ténébreux",
        es="oscuro~, sombrío~, misterioso~",
    ),
    Mood.DRAMATIC: Phrases(
        en="dramatic, epic, intense, theatrical, high contrast, dramatic light, dramatic "
        "lighting, heroic, contrasty, chiaroscuro, strong contrast",
        de="dramatisch~, episch~, kontrastreich~, intensiv~",
        fr="dramatique, épique, intense, théâtral~",
        es="dramático~, épico~, intenso~",
    ),
    Mood.DREAMY: Phrases(
        en="dreamy, dreamlike, dream-like, ethereal, magical, fairytale-like, enchanted, hazy "
        "glow, enchanting, otherworldly, like a dream, soft focus, fairy-tale mood, mystical",
        de="verträumt~, traumhaft~, magisch~, zauberhaft~, märchenhaft~, verwunschen~",
        fr="rêveur, onirique, féerique, magique, éthéré~",
        es="soñador~, onírico~, mágico~, etéreo~, de ensueño",
    ),
    Mood.VIVID: Phrases(
        en="vivid, vibrant, colourful, colorful, saturated, bold colours, bold colors, lively, "
        "bright colours, bright colors, vibrant colours, vibrant colors, vivid colours, vivid "
        "colors, rich colours, rich colors, full of colour, full of color, punchy, saturated "
        "colours, saturated colors",
        de="bunt~, farbenfroh~, lebhaft~, knallig~, leuchtende Farben, kräftige Farben",
        fr="coloré~, vif, vive, éclatant~, couleurs vives",
        es="colorido~, vibrante, vívido~, saturado~, colores vivos",
    ),
    Mood.WARM: Phrases(
        en="warm, cosy, cozy, warm light, warm tone, warm colour, warm color, warm-toned, "
        "homely, warm glow, warm lighting, snug, warm palette, amber light, warmly lit, warm "
        "toned, comfy",
        de="warm~, gemütlich~, behaglich~, kuschelig~",
        fr="chaleureux, chaleureuse, chaud~, cosy, douillet",
        es="cálido~, acogedor~",
    ),
}

LENSES = {
    Lens.SOFT: Phrases(
        en="out of focus, blurred background, blurry background, bokeh, shallow depth of field, "
        "background blur, soft background, defocused, wide open, blurred backdrop, out-of-focus "
        "background, defocused background, creamy background, background out of focus, blurred "
        "lights, blurry lights, portrait mode, shallow focus, low depth of field, unfocused "
        "background, bokeh lights, small depth of field, narrow depth of field, background "
        "blurred, blurred out background, blur the background, soft blurred background",
        de="unscharfer Hintergrund, unscharf Hintergrund, Bokeh, verschwommener Hintergrund, "
        "geringe Schärfentiefe, geringe Tiefenschärfe, verschwommen Hintergrund",
        fr="arrière-plan flou, fond flou, bokeh, flou d'arrière-plan, faible profondeur de champ",
        es="fondo desenfocado, fondo borroso, bokeh, poca profundidad de campo",
    ),
    Lens.SHARP: Phrases(
        en="everything in focus, sharp background, in focus background, deep focus, deep depth "
        "of field, all in focus, large depth of field, background in focus, crisp background, "
        "everything sharp, great depth of field, detailed background, sharp from front to back, "
        "no bokeh, no blur, without blur, not blurred",
        de="scharfer Hintergrund, scharf Hintergrund, alles scharf, große Schärfentiefe",
        fr="arrière-plan net, tout net, grande profondeur de champ",
        es="fondo nítido, todo enfocado, gran profundidad de campo",
    ),
}

FRAMINGS = {
    Framing.CLOSE_UP: Phrases(
        en="close-up, closeup, close up, extreme close-up, face only, tight crop, tight shot, "
        "close up of my face, just my face, close-up portrait, up close, only my face, tight "
        "framing",
        de="Nahaufnahme, Großaufnahme, nur das Gesicht, nur mein Gesicht",
        fr="gros plan, très gros plan, plan serré",
        es="primer plano, primerísimo plano",
    ),
    Framing.HEAD_AND_SHOULDERS: Phrases(
        en="headshot, head shot, head and shoulders, bust portrait, shoulders up, from the "
        "shoulders up, chest up, from the chest up, passport photo, head & shoulders",
        de="Kopf und Schultern, Brustbild, Schulterporträt, Passfoto",
        fr="portrait en buste, tête et épaules, buste",
        es="cabeza y hombros, de hombros hacia arriba, busto",
    ),
    Framing.HALF_BODY: Phrases(
        en="half body, half-body, waist up, from the waist up, half length, half-length, medium "
        "shot, upper body, waist-up, mid shot, half figure, torso shot, three quarter length",
        de="Halbfigur, Oberkörper, Hüftbild, bis zur Hüfte, halbnah",
        fr="plan taille, mi-corps, à mi-corps, plan américain, plan moyen",
        es="medio cuerpo, plano medio, de medio cuerpo",
    ),
    Framing.WIDE: Phrases(
        en="wide shot, wide-angle, wide angle, from afar, from a distance, long shot, small in "
        "the frame, from far away, wide framing",
        de="Totale, aus der Ferne, Weitwinkel, von weitem",
        fr="plan large, plan d'ensemble, de loin, grand angle",
        es="plano general, gran angular, de lejos, desde lejos",
    ),
}

// Tiles of pictures: what they show before the picture is there, where they stand, what is chosen.
//
// Decodes a ThumbHash (github.com/evanw/thumbhash) to a small picture; alpha is left out.
//
// A hash is a header of 5 bytes (6 with alpha), then 4 bits for each wave of its channels: L
// (lightness), P (yellow to blue) and Q (red to green). A channel is its mean plus cosine waves.

export const SIDE = 16; // pixels of the decoded picture, whatever its ratio: the page stretches it

// COSINE[pixel][n]: the wave of n half periods at this pixel's centre.
const COSINE = Array.from({ length: SIDE }, (_, pixel) =>
  Array.from({ length: 8 }, (_, n) => Math.cos((Math.PI / SIDE) * (pixel + 0.5) * n)),
);
const SATURATION = 1.25; // the reference decoder's: makes up for the coarse steps of 4 bits

function bytesOf(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

// Means in 0..1 (L) and -1..1 (P, Q); scales are the largest height of a channel's waves.
function headerOf(bytes) {
  const first = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
  const second = bytes[3] | (bytes[4] << 8);
  const hasAlpha = Boolean(first >> 23);
  const isLandscape = Boolean(second >> 15);
  const longSide = hasAlpha ? 5 : 7;
  const shortSide = second & 7;
  return {
    l: { mean: (first & 63) / 63, scale: ((first >> 18) & 31) / 31 },
    p: { mean: ((first >> 6) & 63) / 31.5 - 1, scale: (SATURATION * ((second >> 3) & 63)) / 63 },
    q: { mean: ((first >> 12) & 63) / 31.5 - 1, scale: (SATURATION * ((second >> 9) & 63)) / 63 },
    columns: Math.max(3, isLandscape ? longSide : shortSide),
    rows: Math.max(3, isLandscape ? shortSide : longSide),
    wavesFrom: hasAlpha ? 12 : 10, // half bytes
  };
}

// Reads the half bytes of one channel after the other.
function waveReader(bytes, from) {
  let at = from;
  return (columns, rows, scale) => {
    const waves = [];
    for (let y = 0; y < rows; y++) {
      for (let x = y ? 0 : 1; x * rows < columns * (rows - y); x++, at++) {
        const value = (bytes[at >> 1] >> ((at & 1) * 4)) & 15;
        waves.push({ x, y, height: 2 * scale * (value / 7.5 - 1) });
      }
    }
    return waves;
  };
}

function channelsOf(text) {
  const bytes = bytesOf(text);
  const { l, p, q, columns, rows, wavesFrom } = headerOf(bytes);
  const read = waveReader(bytes, wavesFrom);
  return [
    { mean: l.mean, waves: read(columns, rows, l.scale) },
    { mean: p.mean, waves: read(3, 3, p.scale) },
    { mean: q.mean, waves: read(3, 3, q.scale) },
  ];
}

function valueAt({ mean, waves }, column, row) {
  return waves.reduce(
    (sum, { x, y, height }) => sum + height * COSINE[column][x] * COSINE[row][y],
    mean,
  );
}

// RGBA of 0..255 for each pixel of a square of SIDE pixels; text is the hash in base64.
export function decode(text) {
  const channels = channelsOf(text);
  const pixels = new Uint8ClampedArray(SIDE * SIDE * 4);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const [l, p, q] = channels.map((channel) => valueAt(channel, i % SIDE, Math.floor(i / SIDE)));
    const blue = l - (2 / 3) * p;
    const red = (3 * l - blue + q) / 2;
    pixels.set([red * 255, (red - q) * 255, blue * 255, 255], i * 4);
  }
  return pixels;
}

// A CSS image.
export function cssImage(text) {
  const canvas = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
  canvas.getContext("2d").putImageData(new ImageData(decode(text), SIDE, SIDE), 0, 0);
  return `url(${canvas.toDataURL()})`;
}

const GAP = 8; // pixels between pictures

// Rows that fill the width, as near to the wanted height as whole pictures allow.
function rowsOf(ratios, width, height) {
  const sum = ratios.reduce((a, b) => a + b, 0);
  const count = Math.max(1, Math.round((sum * height) / width));
  const rows = Array.from({ length: count }, () => []);
  let before = 0;
  for (const ratio of ratios) {
    const middle = (before + ratio / 2) / sum;
    rows[Math.min(count - 1, Math.floor(middle * count))].push(ratio);
    before += ratio;
  }
  return rows.filter((row) => row.length);
}

// The place of each picture, and the height of all.
export function layout(ratios, width, height) {
  const boxes = [];
  let y = 0;
  for (const row of rowsOf(ratios, width, height)) {
    const free = width - GAP * (row.length - 1);
    const high = Math.min(free / row.reduce((a, b) => a + b), height * 1.5);
    let x = 0;
    for (const ratio of row) {
      const transform = `translate(${x}px, ${y}px)`;
      boxes.push({ transform, width: `${ratio * high}px`, height: `${high}px` });
      x += ratio * high + GAP;
    }
    y += high + GAP;
  }
  return { boxes, height: y };
}

const HOLD = 500; // milliseconds of a touch that selects

// Which pictures of a gallery are selected: one by one, from one to another, or all.
export const selecting = {
  data() {
    return {
      choosing: false,
      all: null, // what was counted when all was selected; `picks` are then the exceptions
      picks: new Set(),
    };
  },
  computed: {
    picked() {
      return this.all ? this.all.count - this.picks.size : this.picks.size;
    },
    selection() {
      const ids = [...this.picks];
      const which = this.all ? { matching: this.all.matching, excluded: ids } : { ids };
      return { ...which, count: this.picked };
    },
  },
  methods: {
    chosen(it) {
      if (!this.all) return this.picks.has(it.id);
      return Date.parse(it.created_at) <= Date.parse(this.all.as_of) && !this.picks.has(it.id);
    },
    leave() {
      Object.assign(this, { choosing: false, all: null, anchor: null });
      this.picks.clear();
    },
    chooseAll() {
      if (!this.total) return;
      Object.assign(this, { choosing: true, all: this.counted });
      this.picks.clear();
    },
    async choose(e, c, it) {
      const on = !this.chosen(it);
      const range = e.shiftKey && this.anchor;
      const ids = range ? await this.between(this.anchor, { c, it }) : [it.id];
      Object.assign(this, { choosing: true, anchor: { c, it } });
      for (const id of ids) this.picks[on !== Boolean(this.all) ? "add" : "delete"](id);
    },
    // The ids from one picture to the other; what is not at hand is fetched.
    async between(...ends) {
      const places = ends.map(({ c }) => this.chunks.findIndex(({ key }) => key === c.key));
      const [first, last] = places.sort((a, b) => a - b);
      const ids = [];
      for (const c of this.chunks.slice(first, last + 1)) {
        if (!c.items.length) await this.load(c);
        ids.push(...c.items.map((it) => it.id));
      }
      const [from, to] = ends.map(({ it }) => ids.indexOf(it.id)).sort((a, b) => a - b);
      return ids.slice(from, to + 1);
    },
    press(e, c, it) {
      clearTimeout(this.hold);
      if (!e) return;
      this.held = false;
      if (e.pointerType !== "touch" || this.limit) return;
      this.hold = setTimeout(() => {
        this.held = true;
        this.choose(e, c, it);
      }, HOLD);
    },
  },
};

// One photo of the set, cut and turned by mouse, finger or keys. Loaded when it is first asked for.
// What stays is kept in parts of the turned photo, 0 to 1: left, top, right, bottom.
const WHOLE = [0, 0, 1, 1];
const LONGEST = 1280; // pixels of the copy that is shown
const STEP = 0.01; // of the photo, for a key; FAST with Shift
const FAST = 0.05;
const DRAWN = 0.03; // of the photo: less beside what stays is no new cut, but a slip
const MOVES = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const CORNERS = {
  nw: "Top left corner",
  ne: "Top right corner",
  sw: "Bottom left corner",
  se: "Bottom right corner",
};
const STAGE = `
  <div ref="stage" class="crop-stage" :class="{ ready }"
    @pointerdown.prevent="begin" @pointermove="drag" @pointerup="end" @pointercancel="end">
    <canvas ref="canvas" role="img" :aria-label="'Photo ' + name"></canvas>
    <div v-if="face" class="crop-face" :style="placed(face)" aria-hidden="true">
      <span class="tiny">Face</span>
    </div>
    <div v-if="ready" ref="box" class="crop-box" :style="placed(crop)" data-part="move"
      tabindex="0" role="application" aria-label="What stays. Arrow keys move it."
      @keydown="key($event, 'move')">
      <button v-for="(label, corner) in CORNERS" :key="corner" type="button"
        class="crop-corner" :class="corner" :data-part="corner"
        :aria-label="label + '. Arrow keys move it.'"
        @keydown.stop="key($event, corner)"></button>
    </div>
  </div>`;

const TOOLS = `
  <div class="row tight crop-tools" role="group" aria-label="Turn and cut">
    <button type="button" class="btn" @click="turnBy(3)">Turn left</button>
    <button type="button" class="btn" @click="turnBy(1)">Turn right</button>
    <button v-if="face" type="button" class="btn" @click="crop = around(face)">
      Head and shoulders
    </button>
    <button type="button" class="btn" :disabled="whole" @click="crop = [...WHOLE]">
      All of it
    </button>
  </div>`;

export default {
  template: `
    <dialog class="sheet crop" aria-labelledby="photo-crop" @close="$emit('close')">
      <form class="stack" @submit.prevent="keep">
        <h2 id="photo-crop">Crop or turn</h2>
        ${STAGE}
        ${TOOLS}
        <p class="small muted num" role="status">{{ said }}</p>
        <div class="actions">
          <button type="button" class="btn" @click="$el.close()">Cancel</button>
          <button class="btn primary" :disabled="!ready || working || strip || same">
            {{ working ? "Measuring it again" : "Save" }}
          </button>
        </div>
      </form>
    </dialog>`,
  // address: of the set's photos. save: gets {turn, crop} and gives what went wrong, or "".
  // around: gives head and shoulders of a face. least: px. ratio: the long side over the short one.
  props: {
    id: String,
    name: String,
    address: String,
    save: Function,
    around: Function,
    least: Number,
    ratio: Number,
  },
  emits: ["close"],
  data: () => ({
    CORNERS,
    WHOLE,
    ready: false,
    working: false,
    problem: "",
    turn: 0,
    crop: [...WHOLE],
    face: null,
    size: [1, 1], // px, as turned
  }),
  computed: {
    pixels() {
      const [left, top, right, bottom] = this.crop;
      return [(right - left) * this.size[0], (bottom - top) * this.size[1]].map(Math.round);
    },
    whole() {
      return this.crop.join() === WHOLE.join();
    },
    same() {
      return this.whole && !this.turn;
    },
    strip() {
      const [short, long] = [...this.pixels].sort((a, b) => a - b);
      return long > this.ratio * short;
    },
    cut() {
      return Boolean(this.face) && !holds(this.crop, this.face);
    },
    said() {
      if (this.problem || !this.ready) return this.problem || "Loading the photo";
      if (this.strip) return "That is a narrow strip. Keep more of it.";
      const stays = `${this.pixels.join(" × ")} px stay.`;
      return this.cut ? `${stays} The face is cut off.` : stays;
    },
  },
  mounted() {
    this.$el.showModal();
    this.load();
  },
  methods: {
    placed,
    async load() {
      const response = await fetch(this.address).catch(() => null);
      const set = response?.ok ? await response.json().catch(() => null) : null;
      const photo = set?.items.find((p) => p.id === this.id);
      this.image = photo && (await loaded(photo.full_url));
      if (!this.image) {
        this.problem = "The photo did not arrive. Close this and try again.";
        return;
      }
      this.face = photo.face_box;
      this.ready = true;
      this.draw();
      this.$nextTick(() => this.$refs.box.focus({ preventScroll: true }));
    },
    draw() {
      const { naturalWidth: width, naturalHeight: height } = this.image;
      this.size = this.turn % 2 ? [height, width] : [width, height];
      const scale = Math.min(1, LONGEST / Math.max(width, height));
      const canvas = this.$refs.canvas;
      [canvas.width, canvas.height] = this.size.map((n) => Math.round(n * scale));
      const context = canvas.getContext("2d");
      context.translate(canvas.width / 2, canvas.height / 2);
      context.rotate((this.turn * Math.PI) / 2);
      const [w, h] = [width * scale, height * scale];
      context.drawImage(this.image, -w / 2, -h / 2, w, h);
    },
    turnBy(quarters) {
      if (!this.ready) return;
      this.turn = (this.turn + quarters) % 4;
      for (let i = 0; i < quarters; i++) {
        this.crop = turned(this.crop);
        this.face = this.face && turned(this.face);
      }
      this.draw();
    },
    begin(e) {
      if (!this.ready) return;
      const part = e.target.dataset.part;
      const at = this.at(e);
      this.held = { part, at, start: part ? this.crop : [...at, ...at] };
      this.$refs.stage.setPointerCapture(e.pointerId);
      (part && part !== "move" ? e.target : this.$refs.box).focus({ preventScroll: true });
    },
    drag(e) {
      if (!this.held) return;
      const { part, at, start } = this.held;
      const [dx, dy] = this.at(e).map((n, i) => n - at[i]);
      if (part) this.change(part, dx, dy, start);
      else if (Math.abs(dx) + Math.abs(dy) > DRAWN) {
        this.change((dy < 0 ? "n" : "s") + (dx < 0 ? "w" : "e"), dx, dy, start);
      }
    },
    end() {
      this.held = null;
    },
    at(e) {
      const shown = this.$refs.canvas.getBoundingClientRect();
      return [
        within((e.clientX - shown.left) / shown.width, 0, 1),
        within((e.clientY - shown.top) / shown.height, 0, 1),
      ];
    },
    key(e, part) {
      const move = MOVES[e.key];
      if (!move) return;
      e.preventDefault();
      const step = e.shiftKey ? FAST : STEP;
      this.change(part, move[0] * step, move[1] * step, this.crop);
    },
    // Nothing may become smaller than a training takes.
    change(part, dx, dy, [left, top, right, bottom]) {
      const [x, y] = this.size.map((n) => Math.min(1, this.least / n));
      if (part === "move") {
        const [w, h] = [right - left, bottom - top];
        const [l, t] = [within(left + dx, 0, 1 - w), within(top + dy, 0, 1 - h)];
        this.crop = [l, t, l + w, t + h];
        return;
      }
      if (part.includes("w")) left = within(left + dx, 0, right - x);
      else right = within(right + dx, left + x, 1);
      if (part.includes("n")) top = within(top + dy, 0, bottom - y);
      else bottom = within(bottom + dy, top + y, 1);
      this.crop = [
        Math.min(left, 1 - x),
        Math.min(top, 1 - y),
        Math.max(right, x),
        Math.max(bottom, y),
      ];
    },
    async keep() {
      if (!this.ready || this.working || this.strip || this.same) return;
      this.working = true;
      const crop = this.whole ? null : this.crop;
      this.problem = await this.save({ turn: this.turn, crop });
      this.working = false;
      if (!this.problem) this.$el?.close();
    },
  },
};

function within(n, least, most) {
  return Math.max(least, Math.min(most, n));
}

// A quarter clockwise.
function turned([left, top, right, bottom]) {
  return [1 - bottom, left, 1 - top, right];
}

function placed([left, top, right, bottom]) {
  const parts = { left, top, width: right - left, height: bottom - top };
  return Object.fromEntries(Object.entries(parts).map(([name, n]) => [name, `${100 * n}%`]));
}

function holds(outer, inner) {
  const [left, top, right, bottom] = outer.map((n, i) => n - inner[i]);
  return left <= 0.01 && top <= 0.01 && right >= -0.01 && bottom >= -0.01;
}

// The picture at this address once it is there; null where it cannot be had.
async function loaded(src) {
  const image = new Image();
  image.src = src;
  return image.decode().then(
    () => image,
    () => null,
  );
}

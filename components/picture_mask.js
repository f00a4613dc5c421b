// Painting on the picture that is shown, by mouse, finger or keys: what is painted may change. The
// canvas lies over the picture, on the page's own coordinates, and is sent as a mask, white on
// black.
const LONGEST = 1024; // pixels of the mask's longer side
const BRUSHES = { least: 2, most: 30, usual: 10 }; // percent of the shorter side
const COLOUR = "#a6afff";
const MOVES = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export default {
  template: `
    <div class="stack tight">
      <div>
        <canvas ref="canvas" class="mask" tabindex="0" role="application"
          aria-label="Paint what is to change. Arrow keys move the brush, space paints."
          :width="width" :height="height" :style="place"
          @pointerdown.prevent="begin" @pointermove="draw" @pointerup="end" @pointercancel="end"
          @keydown="key" @blur="at = null"></canvas>
        <div v-if="at" class="brush" :style="ring" aria-hidden="true"></div>
      </div>
      <label class="words">
        <span class="label">Brush</span>
        <input v-model.number="brush" type="range" :min="BRUSHES.least" :max="BRUSHES.most">
      </label>
      <button type="button" class="btn" :disabled="!painted" @click="clear">Clear the paint</button>
    </div>`,
  props: { it: Object, painted: Boolean },
  emits: ["paint"],
  data: () => ({ BRUSHES, brush: BRUSHES.usual, box: null, at: null }),
  computed: {
    scale() {
      return Math.min(1, LONGEST / Math.max(this.it.width, this.it.height));
    },
    width() {
      return Math.round(this.it.width * this.scale);
    },
    height() {
      return Math.round(this.it.height * this.scale);
    },
    thickness() {
      return (Math.min(this.width, this.height) * this.brush) / 100;
    },
    place() {
      const { box } = this;
      if (!box) return { display: "none" };
      const [left, top, width, height] = [box.left, box.top, box.width, box.height];
      const pixels = { left, top, width, height };
      return Object.fromEntries(Object.entries(pixels).map(([name, n]) => [name, `${n}px`]));
    },
    // The brush, for those who move it by keys.
    ring() {
      const shown = this.box.width / this.width;
      const size = this.thickness * shown;
      const [x, y] = this.at.map((n) => n * shown);
      return {
        left: `${this.box.left + x - size / 2}px`,
        top: `${this.box.top + y - size / 2}px`,
        width: `${size}px`,
        height: `${size}px`,
      };
    },
  },
  mounted() {
    this.stage = this.$el.closest("dialog").querySelector(".stage");
    this.sizes = new ResizeObserver(this.measure);
    this.sizes.observe(this.stage);
    addEventListener("resize", this.measure);
    this.measure();
    this.$nextTick(() => this.$refs.canvas.focus({ preventScroll: true })); // once it is shown
  },
  unmounted() {
    this.sizes.disconnect();
    removeEventListener("resize", this.measure);
  },
  methods: {
    measure() {
      this.box = this.stage.querySelector("img").getBoundingClientRect();
    },
    context() {
      const context = this.$refs.canvas.getContext("2d");
      const look = { lineWidth: this.thickness, lineCap: "round", lineJoin: "round" };
      return Object.assign(context, look, { strokeStyle: COLOUR });
    },
    point(e) {
      const to = this.width / this.box.width;
      return [(e.clientX - this.box.left) * to, (e.clientY - this.box.top) * to];
    },
    stroke(from, to) {
      const context = this.context();
      context.beginPath();
      context.moveTo(...from);
      context.lineTo(to[0] + 0.01, to[1]); // a line without length would not be drawn
      context.stroke();
      this.$emit("paint", true);
    },
    begin(e) {
      this.$refs.canvas.focus({ preventScroll: true });
      this.$refs.canvas.setPointerCapture(e.pointerId);
      this.at = null;
      this.last = this.point(e);
      this.stroke(this.last, this.last);
    },
    draw(e) {
      if (!this.last) return;
      const now = this.point(e);
      this.stroke(this.last, now);
      this.last = now;
    },
    end() {
      this.last = null;
    },
    key(e) {
      const move = MOVES[e.key];
      if (!move && e.key !== " ") return;
      e.preventDefault();
      const [x, y] = this.at || [this.width / 2, this.height / 2];
      if (!move) this.stroke([x, y], [x, y]);
      const [dx, dy] = (move || [0, 0]).map((n) => (n * this.thickness) / 2);
      const within = (n, most) => Math.min(most, Math.max(0, n));
      this.at = [within(x + dx, this.width), within(y + dy, this.height)];
    },
    clear() {
      this.$refs.canvas.getContext("2d").clearRect(0, 0, this.width, this.height);
      this.$emit("paint", false);
    },
    // The mask as base64 of a PNG: white where it was painted, black elsewhere.
    mask() {
      const { width, height } = this;
      const sheet = Object.assign(document.createElement("canvas"), { width, height });
      const context = sheet.getContext("2d");
      context.drawImage(this.$refs.canvas, 0, 0);
      Object.assign(context, { globalCompositeOperation: "source-in", fillStyle: "#fff" });
      context.fillRect(0, 0, width, height);
      Object.assign(context, { globalCompositeOperation: "destination-over", fillStyle: "#000" });
      context.fillRect(0, 0, width, height);
      return sheet.toDataURL("image/png").split(",")[1];
    },
  },
};

// What can be made of the picture that is shown: by words, in another format, larger, or without
// its background. Stays alive while the viewer is open or closed, so that it can tell of what it
// has asked for. Loaded when it is first asked for.
import { defineAsyncComponent } from "vue";

const QUIET = 250; // ms without a key before the server reads the words
const OPEN = ["queued", "running"];
const inWords = (n) => `${n.toLocaleString()} ${n === 1 ? "credit" : "credits"}`;

const WORDS = `
  <form v-if="can('edit')" class="stack tight" @submit.prevent="change">
    <label class="words">
      <span class="label">What is to change</span>
      <input ref="words" v-model="words" class="input" maxlength="1000" autocomplete="off"
        aria-describedby="edit-heard" :placeholder="sheet.presets[0]?.prompt">
    </label>
    <div id="edit-heard" class="heard-words" role="status">
      <ul v-if="reading?.understood?.length" class="chips" aria-label="Understood">
        <li v-for="term in reading.understood" :key="term.kind + term.label" class="chip heard">
          <i class="icon little icon-check" aria-hidden="true"></i>{{ term.label }}
        </li>
      </ul>
      <p v-for="each in reading?.not_understood || []" :key="each.word" class="small muted">
        <b>{{ each.word }}</b>: {{ each.reason || "not among the words that it knows" }}
      </p>
    </div>
    <div class="chips" role="group" aria-label="Often asked for">
      <button v-for="each in sheet.presets" :key="each.label" type="button" class="chip pick"
        @click="pick(each)">{{ each.label }}</button>
    </div>
    <button v-if="can('inpaint')" type="button" class="btn" :aria-pressed="painting"
      @click="paint">{{ painting ? "Change all of it" : "Change a part only" }}</button>
    <PictureMask v-if="painting" ref="mask" :key="it.id" :it="it" :painted="painted"
      @paint="painted = $event"></PictureMask>
    <button class="btn primary" :disabled="poor || !words.trim() || (painting && !painted)">
      {{ painting ? "Change this part" : "Change it" }}{{ cost }}
    </button>
  </form>`;

const PIXELS = `
  <div v-if="can('cutout') || can('face') || sheet.scales.length" class="stack tight">
    <button v-if="can('cutout')" type="button" class="btn" :disabled="poor" @click="ask('cutout')">
      No background{{ cost }}
    </button>
    <template v-if="can('face')">
      <button v-for="each in sheet.faces" :key="each.id" type="button" class="btn" :disabled="poor"
        @click="ask('face', { model_id: each.id })">
        {{ (sheet.faces.length > 1 ? "Face of " : "Face more like ") + each.name }}{{ cost }}
      </button>
      <p class="small muted">Kept, and charged, only if the likeness rises.</p>
    </template>
    <button v-for="scale in sheet.scales" :key="scale" type="button" class="btn" :disabled="poor"
      @click="ask('enlarge', { scale })">
      Enlarge {{ scale }}×{{ cost }}
    </button>
    <p v-if="sheet.scales.length" class="small muted num">{{ sizes }}</p>
  </div>`;

const FORMATS = `
  <fieldset v-if="sheet.formats.length" class="formats">
    <legend class="label">Another format{{ cost }}</legend>
    <button v-for="format in sheet.formats" :key="format" type="button" class="chip pick num"
      :disabled="poor" @click="ask('extend', { aspect: format })">{{ format }}</button>
  </fieldset>`;

const AT_WORK = `
  <div class="stack" role="status">
    <p>{{ doing }}</p>
    <div>
      <progress class="edit-progress" max="1" :value="job.progress" aria-label="Done"></progress>
    </div>
    <button type="button" class="btn" @click="stop">Stop</button>
  </div>`;

export default {
  template: `
    <aside v-show="shown" class="stack edit" aria-label="Edit">
      <div class="row between nowrap">
        <h2>Edit</h2>
        <button type="button" class="btn quiet icon-only" aria-label="Close the edit panel"
          @click="$emit('leave')"><i class="icon icon-close" aria-hidden="true"></i></button>
      </div>
      <p v-if="problem" class="banner danger" role="alert">{{ problem }}</p>
      <template v-if="job">${AT_WORK}</template>
      <template v-else-if="sheet && it">
        <p class="small muted num">
          {{ price }} <a v-if="poor" href="/billing">See your plan and credits</a>
        </p>
        ${WORDS}${PIXELS}${FORMATS}
        <p v-if="!sheet.operations.length">
          This picture can’t be changed here{{ sheet.reason ? ": " + sheet.reason : "." }}
        </p>
      </template>
    </aside>`,
  props: { it: Object, shown: Boolean },
  emits: ["made", "leave"],
  components: { PictureMask: defineAsyncComponent(() => import("picture_mask")) },
  inject: ["gallery"],
  data: () => ({ sheet: null, words: "", reading: null, jobs: {}, problems: {},
    painting: false, painted: false }),
  computed: {
    job() {
      return this.it && this.jobs[this.it.id];
    },
    problem() {
      return this.it && this.problems[this.it.id];
    },
    doing() {
      const { job } = this;
      const percent = Math.round(job.progress * 100);
      return percent ? `Making it: ${percent} %` : "Waiting for its turn";
    },
    cost() {
      return this.sheet.available === null ? "" : `: ${inWords(this.sheet.credits)}`;
    },
    poor() {
      const { available, credits } = this.sheet;
      return available !== null && credits > available;
    },
    sizes() {
      const { it, sheet } = this;
      const size = (scale) => `${scale}×: ${it.width * scale} × ${it.height * scale} pixels.`;
      return [...sheet.scales.map(size), sheet.enlarging && `${sheet.enlarging}.`].join(" ");
    },
    price() {
      const { available } = this.sheet;
      const kept = "Each makes a new picture; this one stays.";
      return available === null ? kept : `${kept} You have ${inWords(available)}.`;
    },
  },
  watch: {
    it: {
      immediate: true,
      handler() {
        this.painting = false;
        this.read();
      },
    },
    shown() {
      this.painting = false;
      this.read();
      if (this.shown) this.$nextTick(this.focus);
    },
    words() {
      clearTimeout(this.hearing);
      this.hearing = setTimeout(this.hear, QUIET);
    },
  },
  unmounted() {
    clearTimeout(this.hearing);
  },
  methods: {
    can(operation) {
      return this.sheet.operations.includes(operation);
    },
    call(...request) {
      return this.gallery.viewer.call(...request);
    },
    async read() {
      const { it } = this;
      if (!it || !this.shown || this.sheet?.image_id === it.id) return;
      this.sheet = null;
      try {
        const sheet = await this.call("GET", `/api/images/${it.id}/operations`);
        if (this.it?.id !== sheet.image_id) return;
        this.sheet = sheet;
        this.$nextTick(this.focus);
      } catch (error) {
        this.problems[it.id] = error.message;
      }
    },
    // Where nothing else has the focus: on the field, unless that opens a keyboard on the glass.
    focus() {
      const idle = !this.$el.parentElement.querySelector(":focus:not(.tools *)");
      if (idle && matchMedia("(pointer: fine)").matches) this.$refs.words?.focus();
    },
    async hear() {
      const prompt = this.words;
      if (!this.sheet?.reads_words || !prompt.trim()) return (this.reading = null);
      const query = new URLSearchParams({ prompt, engine: this.sheet.editor });
      const reading = await this.call("GET", `/api/generate/reading?${query}`);
      if (prompt === this.words) this.reading = reading;
    },
    pick({ prompt }) {
      this.words = prompt;
      this.$refs.words.focus();
    },
    paint() {
      Object.assign(this, { painting: !this.painting, painted: false });
    },
    change() {
      const prompt = this.words;
      if (!this.painting) return this.ask("edit", { prompt });
      this.ask("inpaint", { prompt, mask: this.$refs.mask.mask() });
    },
    async ask(operation, values) {
      const { id } = this.it;
      if (this.jobs[id]) return;
      delete this.problems[id];
      this.jobs[id] = { id: null, progress: 0 };
      try {
        const body = { operation, source_image_id: id, ...values };
        const made = await this.call("POST", "/api/generate", body);
        this.jobs[id].id = made.job_id;
        await this.follow(made.job_id);
      } catch (error) {
        delete this.jobs[id];
        this.problems[id] = error.message;
      }
    },
    // Called for each change of a request of the member's: reads those that were made here.
    async follow(job) {
      const source = Object.keys(this.jobs).find((key) => this.jobs[key].id === job);
      if (!source) return;
      const now = await this.call("GET", `/api/generate/${job}`);
      if (this.jobs[source]?.id !== job) return; // told of before
      if (OPEN.includes(now.status)) return Object.assign(this.jobs[source], now, { id: job });
      delete this.jobs[source];
      this.sheet = null; // credits have changed
      if (now.images.length) {
        this.words = "";
        this.$emit("made", now.images[0].id, source);
        if (this.it?.id === source) return; // gives way to the new one: no click may fall on it
      } else this.problems[source] = now.status_reason;
      this.read();
    },
    async stop() {
      const { id } = this.job;
      if (!id) return;
      await this.call("POST", `/api/generate/${id}/cancel`).catch(() => null); // it has ended
      await this.follow(id);
    },
  },
};

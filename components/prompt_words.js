// What an engine with a vocabulary makes of the prompt while it is typed, and the words that can
// be picked. The sentence lives in its field; what is understood of it comes from the server.
const QUIET = 150; // ms without a key before the server is asked
const LONGEST = 450; // ms: then it is asked while somebody still types
const SPOKEN = 1000; // ms: a screen reader hears of it once it has settled
const UNKNOWN = "not among the words that it knows";

export default {
  template: `
  <div class="prompt-words">
    <div
      ref="answer" class="answer" role="group" aria-label="What the picture will show"
      :tabindex="scrolls ? 0 : null" :class="{ scrolls }"
    >
      <template v-if="!text.trim()">
        <button
          v-for="idea in ideas" :key="idea" type="button" class="chip idea"
          @click="$emit('idea', idea)"
        >{{ idea }}</button>
      </template>
      <template v-else>
        <ul v-if="reading.understood.length" class="chips">
          <li v-for="term in reading.understood" :key="term.kind + term.label" class="chip heard">
            <i
              v-if="colours[term.label] && term.kind === 'colour'" class="swatch"
              :style="{ background: colours[term.label] }" aria-hidden="true"
            ></i>
            <i v-else class="icon little icon-check" aria-hidden="true"></i>
            {{ term.label }}
          </li>
        </ul>
        <p v-else-if="settled" class="small muted">
          Nothing here that the picture can show. Name a place, a light or a colour.
        </p>
        <ul v-if="missed.length" class="missed">
          <li v-for="[reason, words] in missed" :key="reason"><b>{{ words }}</b>: {{ reason }}</li>
        </ul>
      </template>
    </div>
    <p class="sr-only" role="status">{{ spoken }}</p>
    <details class="vocabulary">
      <summary>
        <i class="icon little icon-chevron-down" aria-hidden="true"></i>
        <span>Pick a place, light or colour</span>
      </summary>
      <div class="picks" tabindex="0" role="group" aria-label="Words to pick">
        <fieldset v-for="part in vocabulary" :key="part.title">
          <legend>{{ part.title }}</legend>
          <button
            v-for="option in part.options" :key="option.value" type="button" class="chip pick"
            :aria-pressed="has(option)" @click="pick(option)"
          ><i
            v-if="option.colour" class="swatch" :style="{ background: option.colour }"
            aria-hidden="true"
          ></i>{{ option.label }}</button>
        </fieldset>
      </div>
    </details>
  </div>`,
  props: { field: String, ideas: Array, vocabulary: Array, reading: Object },
  emits: ["read", "pick", "idea"],
  data() {
    return { text: this.reading.text, spoken: "", scrolls: false };
  },
  computed: {
    colours() {
      const options = this.vocabulary.flatMap((part) => part.options);
      return Object.fromEntries(options.map((option) => [option.label, option.colour]));
    },
    missed() {
      // One line a reason, with all words that have it.
      const lines = new Map();
      for (const { word, reason } of this.reading.not_understood) {
        const line = reason || UNKNOWN;
        lines.set(line, [...(lines.get(line) || []), word]);
      }
      return [...lines].map(([reason, words]) => [reason, words.join(", ")]);
    },
    settled() {
      return this.reading.text === this.text;
    },
    sentence() {
      const labels = this.reading.understood.map((term) => term.label).join(", ");
      const missed = this.missed.map(([reason, words]) => `${words}: ${reason}.`);
      if (!this.reading.text.trim()) return "";
      return [`The picture will show ${labels || "none of it"}.`, ...missed].join(" ");
    },
  },
  watch: {
    reading(now, before) {
      // A reading that was not asked for by typing: something was written into the field.
      if (now.written && now.text !== before.text) this.text = now.text;
      clearTimeout(this.speaking);
      this.speaking = setTimeout(() => { this.spoken = this.sentence; }, SPOKEN);
    },
  },
  mounted() {
    this.input = document.getElementById(this.field);
    this.input.addEventListener("input", this.typed);
    if (this.input.value !== this.text) this.typed(); // the browser kept what was typed before
    this.measure();
  },
  updated() {
    this.measure();
  },
  unmounted() {
    this.input.removeEventListener("input", this.typed);
    clearTimeout(this.asking);
    clearTimeout(this.speaking);
  },
  methods: {
    typed() {
      this.text = this.input.value;
      clearTimeout(this.asking);
      this.since ??= performance.now();
      const left = this.since + LONGEST - performance.now();
      this.asking = setTimeout(this.ask, Math.max(0, Math.min(QUIET, left)));
    },
    ask() {
      this.since = undefined;
      this.$emit("read", this.input.value);
    },
    has(option) {
      const alike = (term) => term.kind === option.kind && term.label === option.label;
      return this.reading.understood.some(alike);
    },
    pick(option) {
      clearTimeout(this.asking);
      this.since = undefined;
      this.$emit("pick", { text: this.input.value, kind: option.kind, value: option.value });
    },
    measure() {
      const box = this.$refs.answer;
      const scrolls = box.scrollHeight > box.clientHeight;
      if (scrolls !== this.scrolls) this.scrolls = scrolls;
    },
  },
};

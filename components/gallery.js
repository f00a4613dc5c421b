// An endless grid of pictures.
//
// `query` says which pictures are shown. It is made once for each reset and frozen: the count, the
// list, a selection and the page's address all come from it. What is typed into the fields lives
// in `typed`, and becomes the next query.
//
// The list is cut into chunks, each an interval (after, stop] of the server's order. A chunk far
// from the window gives its pictures back and keeps its height, so that 100,000 of them cost what
// 300 do.
import { layout, selecting } from "picture_tiles";

const LIMIT = 100; // pictures that are asked for at a time
const MOST = 500; // that the server gives for one interval
const AHEAD = "1600px 0px"; // beyond the window, where a chunk is loaded
const PAUSE = 250; // milliseconds without typing, after which a search begins
const YEAR = /^[12]\d{3}-/; // a date whose year is typed to its end
const PLACES = ["favourite", "album_id", "trash"]; // where one is, not what is searched for there
const NARROWER = (name) => name !== "sort" && !PLACES.includes(name);

const TOOLS = [
  ["zip", "Download", "download"],
  ["favourite", "Favourite", "heart"],
  ["album", "Add to album", "album"],
  ["trash", "Delete", "trash"],
];
const TRASH_TOOLS = [
  ["restore", "Restore", "undo"],
  ["erase", "Delete for ever", "trash"],
];

// A query as the API takes it: days become instants of the reader's own time zone.
function parameters({ since, until, ...query }, more = {}) {
  if (since) query.since = new Date(`${since}T00:00:00`).toISOString();
  if (until) query.until = new Date(`${until}T23:59:59.999`).toISOString().replace("Z", "999Z");
  const entries = Object.entries({ ...query, ...more });
  return new URLSearchParams(entries.filter(([, value]) => value));
}

const FIELDS = `
  <form v-if="fields.length" v-show="total !== 0 || filtered || query.trash" class="filters"
    role="search" aria-label="Filter the pictures" @submit.prevent="filter">
    <label v-for="f in kinds('search')" :key="f.name">
      <span class="sr-only">{{ f.label }}</span>
      <input v-model="typed[f.name]" class="input" type="search" :name="f.name" maxlength="200"
        placeholder="Words, a style or a model">
    </label>
    <div class="chips">
      <span v-for="f in kinds('select', 'date')" :key="f.name" :class="{ on: on(f) }">
        <label :class="f.kind">
          <span :class="f.options ? 'sr-only' : 'label'">{{ f.label }}</span>
          <select v-if="f.options" v-model="typed[f.name]" class="input" :name="f.name">
            <option v-for="[value, text] in f.options" :key="value" :value="value">
              {{ text }}
            </option>
          </select>
          <input v-else v-model="typed[f.name]" class="input" :type="f.kind" :name="f.name">
        </label>
        <button v-if="on(f)" type="button" :aria-label="'Remove ' + on(f)"
          @click="typed[f.name] = ''">
          <i class="icon icon-close" aria-hidden="true"></i>
        </button>
      </span>
    </div>
  </form>`;

const BAR = `
  <div v-if="!limit && total" class="tools">
    <p role="status" class="num">
      {{ choosing ? picked.toLocaleString() + " selected" : viewer.pictures(total) }}
    </p>
    <button v-if="!choosing" type="button" class="btn quiet" @click="choosing = true">
      <i class="icon icon-check-circle" aria-hidden="true"></i>Select
    </button>
    <template v-else>
      <button v-if="picked < total" type="button" class="btn quiet all" @click="chooseAll">
        Select all {{ total.toLocaleString() }}
      </button>
      <button v-for="[name, text, icon] in query.trash ? TRASH_TOOLS : TOOLS" :key="name"
        type="button" class="btn quiet" :disabled="!picked" @click="viewer.act(name, selection)">
        <i :class="'icon icon-' + icon" aria-hidden="true"></i>{{ text }}
      </button>
      <button type="button" class="btn done" @click="leave">Done</button>
    </template>
  </div>`;

const PICTURE = `
  <a :href="'/gallery?image=' + it.id" :id="'image-' + it.id" draggable="false"
    :role="choosing ? 'checkbox' : null" :aria-checked="choosing ? chosen(it) : null"
    @click="click($event, c, it)" @keydown.space.prevent="choose($event, c, it)"
    @contextmenu="held && $event.preventDefault()">
    <img v-fleeting :src="it.thumb_url" :alt="it.prompt" :style="it.look"
      loading="lazy" decoding="async" draggable="false"
      @load="$event.target.classList.add('in')"
      @error.once="$event.target.src = viewer.file(it, 'thumb')">
  </a>
  <button v-if="!choosing && !it.deleted_at" type="button" class="like" aria-label="Favourite"
    :aria-pressed="it.favourite" @click="viewer.change(it, { favourite: !it.favourite })">
    <i :class="'icon icon-heart' + (it.favourite ? '-filled' : '')" aria-hidden="true"></i>
  </button>
  <button v-if="!limit" type="button" class="choose" aria-label="Select"
    :aria-pressed="chosen(it)" @click="choose($event, c, it)">
    <i class="icon icon-check" aria-hidden="true"></i>
  </button>`;

const LISTS = `
  <ul v-for="c in chunks" :key="c.key" v-near="c" role="list" :style="{ height: c.height + 'px' }">
    <li v-for="(it, i) in c.items" :key="it.id" :style="c.boxes[i]"
      :class="{ chosen: chosen(it) }" @pointerdown="press($event, c, it)"
      @pointerup="press()" @pointercancel="press()">${PICTURE}</li>
    <li v-if="c.failed" class="failed" role="alert">
      {{ c.failed }} <button type="button" class="btn" @click="retry(c)">Try again</button>
    </li>
  </ul>`;

const NOTHING = `
  <div v-if="total === 0 && filtered" class="empty">
    <h2>No picture matches</h2><p>Remove a filter to see more.</p>
    <a class="btn" :href="whole">Show all pictures</a>
  </div>
  <div v-else-if="total === 0 && query.trash" class="empty">
    <h2>The trash is empty</h2><p>Deleted pictures stay here for 30 days.</p>
    <a class="btn" href="/gallery">Back to the gallery</a>
  </div>
  <div v-else-if="total === 0 && typed.favourite" class="empty">
    <h2>No favourites yet</h2><p>The heart on a picture keeps it here.</p>
    <a class="btn" href="/gallery">Back to the gallery</a>
  </div>
  <div v-else-if="total === 0 && typed.album_id" class="empty">
    <h2>This album is empty</h2><p>Select pictures, then press “Add to album”.</p>
    <a class="btn" href="/gallery">Choose pictures</a>
  </div>
  <slot v-else-if="total === 0" name="empty"></slot>`;

export default {
  template: `
    <section class="gallery" :class="{ choosing }" aria-label="Pictures" @keydown="key">
      ${FIELDS}${BAR}${LISTS}${NOTHING}<slot></slot>
    </section>`,
  mixins: [selecting],
  props: { fixed: String, fields: Array, height: Number, limit: Number },
  provide() {
    return { gallery: this };
  },
  data() {
    return {
      typed: Object.fromEntries(this.fields.map(({ name, value }) => [name, value])),
      query: Object.freeze({}),
      counted: null, // {count, matching, as_of} of the query
      chunks: [],
      TOOLS,
      TRASH_TOOLS,
    };
  },
  directives: {
    fleeting: {
      // what has scrolled by is neither waited for nor kept
      beforeUnmount(el) {
        el.removeAttribute("src");
      },
    },
    near: {
      mounted(el, { value, instance }) {
        el.chunk = value;
        instance.near.observe(el);
      },
      beforeUnmount(el, { instance }) {
        instance.near.unobserve(el);
      },
    },
  },
  computed: {
    total() {
      return this.counted && this.counted.count;
    },
    filtered() {
      const fixed = new URLSearchParams(this.fixed);
      return Object.keys(this.query).some((name) => NARROWER(name) && !fixed.has(name));
    },
    // The address of the place without its filters.
    whole() {
      const kept = Object.entries(this.query).filter(([name]) => !NARROWER(name));
      return "/gallery" + (kept.length ? `?${new URLSearchParams(kept)}` : "");
    },
  },
  watch: {
    typed: {
      deep: true,
      handler() {
        this.soon("filter");
      },
    },
  },
  created() {
    this.timers = {};
    this.keys = 0;
    this.near = new IntersectionObserver((seen) => seen.forEach(this.seen), { rootMargin: AHEAD });
    this.size = new ResizeObserver(() => {
      if (this.width !== this.$el.clientWidth) this.chunks.forEach(this.place);
    });
  },
  mounted() {
    this.size.observe(this.$el);
    this.reset();
  },
  unmounted() {
    this.near.disconnect();
    this.size.disconnect();
  },
  methods: {
    // Calls a method when no more calls of it come; one does not put off the other.
    soon(name) {
      clearTimeout(this.timers[name]);
      this.timers[name] = setTimeout(this[name], PAUSE);
    },

    // The query.
    kinds(...kinds) {
      return this.fields.filter(({ kind }) => kinds.includes(kind));
    },
    // What a filter that can be removed stands on, in words.
    on({ name, options }) {
      const chosen = name === "sort" ? "" : this.typed[name];
      return options ? chosen && options.find(([value]) => value === chosen)[1] : chosen;
    },
    // What is typed, as far as it asks for anything.
    narrowed() {
      const whole = ({ kind, name }) => kind !== "date" || YEAR.test(this.typed[name]);
      const values = this.fields.filter(whole).map(({ name }) => [name, this.typed[name]]);
      const texts = values.map(([name, value]) => [name, value && `${value}`.trim()]);
      return Object.fromEntries(texts.filter(([, text]) => text));
    },
    parameters(more) {
      return parameters(this.query, more);
    },
    filter() {
      const address = new URLSearchParams(this.narrowed());
      if (`${address}` === `${new URLSearchParams(this.query)}`) return;
      history.replaceState(history.state, "", address.size ? `?${address}` : location.pathname);
      this.reset();
    },
    reset() {
      this.leave();
      const fixed = Object.fromEntries(new URLSearchParams(this.fixed));
      this.query = Object.freeze({ ...fixed, ...this.narrowed() });
      this.counted = null;
      this.chunks = [this.chunk({})];
      this.count();
    },
    async count() {
      const { query } = this;
      if (this.limit) return;
      try {
        const path = `/api/generations/count?${this.parameters()}`;
        const counted = await this.viewer.call("GET", path);
        if (query === this.query) this.counted = counted;
      } catch {
        // the list says what is wrong, and offers to try again
      }
    },

    // The list.
    chunk(interval) {
      const empty = { items: [], boxes: [], busy: false, failed: "" };
      return { key: ++this.keys, height: this.height * 4, ...empty, ...interval };
    },
    seen({ target: { chunk }, isIntersecting }) {
      if (!isIntersecting) this.release(chunk);
      else if (!chunk.items.length) this.load(chunk);
    },
    async load(c) {
      const { query } = this;
      if (c.busy) return;
      Object.assign(c, { busy: true, failed: "" });
      try {
        const limit = this.limit || (c.stop ? MOST : LIMIT);
        const interval = this.parameters({ cursor: c.after, stop: c.stop, limit });
        const page = await this.viewer.call("GET", `/api/generations?${interval}`);
        if (query === this.query) this.show(c, page);
      } catch (error) {
        c.failed = error.message;
      } finally {
        c.busy = false;
      }
    },
    show(c, page) {
      // an address that is signed anew is the same picture: it is not loaded again
      const had = new Map(c.items.map((it) => [it.id, it.thumb_url]));
      c.items = page.items.map((it) => {
        const look = this.viewer.look(it);
        return { ...it, look, thumb_url: had.get(it.id) || it.thumb_url };
      });
      if (this.limit) this.counted = { count: c.items.length };
      else if (page.next_cursor) this.split(c, page.next_cursor);
      this.place(c);
    },
    split(c, cursor) {
      const rest = this.chunk({ after: cursor, stop: c.stop });
      this.chunks.splice(this.chunks.indexOf(c) + 1, 0, rest);
      c.stop = cursor;
    },
    release(c) {
      if (c.stop && !c.busy) Object.assign(c, { items: [], boxes: [] });
    },
    follow(id) {
      this.viewer.$refs.editor?.follow(id);
    },
    retry(c) {
      this.load(c);
      this.count();
    },
    refresh() {
      this.chunks.forEach((c, i) => (c.items.length || !i) && this.load(c));
      this.count();
    },
    place(c) {
      this.width = this.$el.clientWidth;
      if (!this.width) return; // not shown yet
      const ratios = c.items.map((it) => it.width / it.height);
      const { boxes, height } = layout(ratios, this.width, this.height);
      c.boxes = boxes;
      if (height || !c.stop) c.height = height;
    },

    // Keys and clicks.
    click(e, c, it) {
      if (e.metaKey || e.ctrlKey) return;
      e.preventDefault();
      if (this.held) this.held = false;
      else if (this.choosing) this.choose(e, c, it);
      else this.viewer.open(it.id);
    },
    key(e) {
      if (e.target.closest("dialog")) return;
      if (e.key === "Escape") return this.leave();
      const tile = e.target.closest("li")?.querySelector("a");
      if (!tile) return;
      const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
      const tiles = [...this.$el.querySelectorAll("li > a")];
      if (step) tiles[tiles.indexOf(tile) + step]?.focus();
      else if (e.key === "a" && (e.ctrlKey || e.metaKey)) {
        e.preventDefault();
        this.chooseAll();
      }
    },
  },
};

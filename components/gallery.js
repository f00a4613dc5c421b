// An endless grid of pictures. The list is cut into chunks, each an interval (after, stop] of the server's order; a chunk
// far from the window gives its pictures back and keeps its height, so that 100,000 of them cost what 300 do.
const LIMIT = 100, GAP = 8, AHEAD = "1600px 0px", HOLD = 500;

export default {
  template: `<section class="gallery" :class="{ choosing }" aria-label="Pictures" @keydown="key">
    <form v-if="fields.length" v-show="total !== 0 || filtered || trash" ref="form" class="filters" role="search" aria-label="Filter the pictures" @submit.prevent @input="soon('filter')">
      <label v-for="f in fields" :key="f.name" :class="f.kind"><span class="label">{{ f.label }}</span>
        <select v-if="f.options" class="input" :name="f.name"><option v-for="[value, text] in f.options" :key="value" :value="value" :selected="value === f.value">{{ text }}</option></select>
        <input v-else-if="f.kind === 'checkbox'" type="checkbox" :name="f.name" value="true" :checked="Boolean(f.value)"><input v-else class="input" :type="f.kind" :name="f.name" :value="f.value" maxlength="200"></label></form>
    <div v-if="!limit && total" class="tools"><p role="status" class="num">{{ choosing ? picked.toLocaleString() + " selected" : total.toLocaleString() + (total === 1 ? " picture" : " pictures") }}</p>
      <button v-if="!choosing" type="button" class="btn quiet" @click="choosing = true"><i class="icon icon-check-circle" aria-hidden="true"></i>Select</button>
      <template v-else><button v-if="picked < total" type="button" class="btn quiet all" @click="chooseAll">Select all {{ total.toLocaleString() }}</button>
        <button v-for="[name, text, icon] in tools" :key="name" type="button" class="btn quiet" :disabled="!picked" @click="viewer.act(name, selection)"><i :class="'icon icon-' + icon" aria-hidden="true"></i>{{ text }}</button>
        <button type="button" class="btn done" @click="leave">Done</button></template></div>
    <ul v-for="c in chunks" :key="c.key" v-near="c" role="list" :style="{ height: c.height + 'px' }">
      <li v-for="(it, i) in c.items" :key="it.id" :style="c.boxes[i]" :class="{ chosen: chosen(it) }" @pointerdown="press($event, c, it)" @pointerup="press()" @pointercancel="press()">
        <a :href="'/gallery?image=' + it.id" :id="'image-' + it.id" :role="choosing ? 'checkbox' : null" :aria-checked="choosing ? chosen(it) : null" draggable="false"
          @click="click($event, c, it)" @keydown.space.prevent="choose($event, c, it)" @contextmenu="held && $event.preventDefault()">
          <img v-fleeting :src="it.thumb_url" :alt="it.prompt" :style="{ backgroundImage: it.hash }" loading="lazy" decoding="async" draggable="false"
            @load="$event.target.classList.add('in')" @error.once="$event.target.src = '/api/images/' + it.id + '/file?variant=thumb'"></a>
        <button v-if="!choosing && !it.deleted_at" type="button" class="like" aria-label="Favourite" :aria-pressed="it.favourite" @click="viewer.change(it, { favourite: !it.favourite })"><i :class="'icon icon-heart' + (it.favourite ? '-filled' : '')" aria-hidden="true"></i></button>
        <button v-if="!limit" type="button" class="choose" aria-label="Select" :aria-pressed="chosen(it)" @click="choose($event, c, it)"><i class="icon icon-check" aria-hidden="true"></i></button></li>
      <li v-if="c.failed" class="failed" role="alert">{{ c.failed }} <button type="button" class="btn" @click="load(c)">Try again</button></li></ul>
    <div v-if="total === 0 && filtered" class="empty"><h2>No picture matches</h2><p>Take a filter away to see more.</p><a class="btn" href="/gallery">Show all pictures</a></div>
    <div v-else-if="total === 0 && trash" class="empty"><h2>The trash is empty</h2><p>Deleted pictures stay here for 30 days.</p><a class="btn" href="/gallery">Back to the gallery</a></div><slot v-else-if="total === 0" name="empty"></slot><slot></slot></section>`,
  props: { query: String, fields: Array, height: Number, limit: Number },
  provide() { return { gallery: this }; },
  data: () => ({ chunks: [], total: null, matching: null, filtered: false, trash: false, choosing: false, all: null, picks: new Set() }),
  directives: { fleeting: { beforeUnmount(el) { el.removeAttribute("src"); } }, // what has scrolled by is neither waited for nor kept
    near: { mounted(el, { value, instance }) { el.chunk = value; instance.near.observe(el); }, beforeUnmount(el, { instance }) { instance.near.unobserve(el); } } },
  computed: {
    picked() { return this.all ? this.total - this.picks.size : this.picks.size; },
    selection() { return this.all ? { matching: this.all, excluded: [...this.picks] } : { ids: [...this.picks] }; },
    tools() { return this.trash ? [["restore", "Restore", "undo"], ["erase", "Delete for ever", "trash"]]
      : [["zip", "Download", "download"], ["favourite", "Favourite", "heart"], ["album", "Add to album", "album"], ["trash", "Delete", "trash"]]; },
  },
  created() {
    this.near = new IntersectionObserver((seen) => seen.forEach(({ target: { chunk }, isIntersecting }) => isIntersecting ? chunk.items.length || this.load(chunk) : this.release(chunk)), { rootMargin: AHEAD });
    this.size = new ResizeObserver(() => this.width !== this.$el.clientWidth && this.chunks.forEach(this.place));
  },
  mounted() { this.size.observe(this.$el); this.reset(); },
  unmounted() { this.near.disconnect(); this.size.disconnect(); },
  methods: {
    soon(name) { const timers = (this.timers ??= {}); clearTimeout(timers[name]); timers[name] = setTimeout(this[name], 250); }, // one does not put off the other
    search(more = {}) { return new URLSearchParams([...new URLSearchParams(this.query), ...(this.$refs.form ? new FormData(this.$refs.form) : []), ...Object.entries(more)].filter(([, value]) => value)); },
    filter() { history.replaceState(history.state, "", `?${this.search()}`); this.reset(); },
    reset() { this.leave(); this.total = null; this.trash = this.search().has("trash"); this.filtered = [...this.search().keys()].some((name) => name !== "sort" && name !== "trash"); this.chunks = [this.chunk({})]; this.count(); },
    async count() { if (!this.limit) this.total = (await this.viewer.call("GET", `/api/generations/count?${this.search()}`)).count; },
    chunk(interval) { return { key: crypto.randomUUID(), items: [], boxes: [], height: this.height * 4, busy: false, failed: "", ...interval }; },
    async load(c) {
      if (c.busy) return;
      Object.assign(c, { busy: true, failed: "" });
      try {
        const page = await this.viewer.call("GET", `/api/generations?${this.search({ cursor: c.after, stop: c.stop, limit: this.limit || (c.stop ? 500 : LIMIT) })}`);
        const had = new Map(c.items.map((it) => [it.id, it.thumb_url]));
        c.items = page.items.map((it) => ({ ...it, hash: this.viewer.blur(it.thumbhash), thumb_url: had.get(it.id) || it.thumb_url }));
        if (!c.after) this.matching = page.matching;
        if (page.next_cursor && !this.limit) { this.chunks.splice(this.chunks.indexOf(c) + 1, 0, this.chunk({ after: page.next_cursor, stop: c.stop })); c.stop = page.next_cursor; }
        if (this.limit) this.total = c.items.length;
        this.place(c);
      } catch (error) { c.failed = error.message; } finally { c.busy = false; }
    },
    release(c) { if (c.stop && !c.busy) Object.assign(c, { items: [], boxes: [] }); },
    place(c) { // rows that fill the width, their heights as near to the wanted one as whole pictures allow
      const width = (this.width = this.$el.clientWidth), ratios = c.items.map((it) => it.width / it.height), sum = ratios.reduce((a, b) => a + b, 0);
      if (!width) return; // not shown yet
      const count = Math.max(1, Math.round((sum * this.height) / width)), rows = Array.from({ length: count }, () => []);
      let before = 0, y = 0;
      for (const ratio of ratios) { rows[Math.min(count - 1, Math.floor(((before + ratio / 2) / sum) * count))].push(ratio); before += ratio; }
      c.boxes = rows.filter((row) => row.length).flatMap((row) => {
        const high = Math.min((width - GAP * (row.length - 1)) / row.reduce((a, b) => a + b), this.height * 1.5), top = y; let x = 0; y += high + GAP;
        return row.map((ratio) => { const left = x; x += ratio * high + GAP; return { transform: `translate(${left}px, ${top}px)`, width: `${ratio * high}px`, height: `${high}px` }; });
      });
      if (y || !c.stop) c.height = y;
    },
    chosen(it) { return this.picks.has(it.id) !== Boolean(this.all); },
    leave() { Object.assign(this, { choosing: false, all: null, anchor: null }); this.picks.clear(); },
    chooseAll() { Object.assign(this, { choosing: true, all: this.matching }); this.picks.clear(); },
    async choose(e, c, it) {
      const on = !this.chosen(it), ids = e.shiftKey && this.anchor ? await this.between(this.anchor, { c, it }) : [it.id];
      Object.assign(this, { choosing: true, anchor: { c, it } });
      for (const id of ids) this.picks[on !== Boolean(this.all) ? "add" : "delete"](id);
    },
    async between(...ends) { // the ids from one picture to the other; what is not at hand is fetched
      const [a, b] = ends.map(({ c }) => this.chunks.findIndex(({ key }) => key === c.key)).sort((x, y) => x - y), ids = [];
      for (const c of this.chunks.slice(a, b + 1)) { if (!c.items.length) await this.load(c); ids.push(...c.items.map((it) => it.id)); }
      const [i, j] = ends.map(({ it }) => ids.indexOf(it.id)).sort((x, y) => x - y); return ids.slice(i, j + 1);
    },
    press(e, c, it) { clearTimeout(this.hold); if (e) this.held = false; if (e?.pointerType === "touch" && !this.limit) this.hold = setTimeout(() => { this.held = true; this.choose(e, c, it); }, HOLD); },
    click(e, c, it) { if (e.metaKey || e.ctrlKey) return; e.preventDefault(); if (this.held) this.held = false; else if (this.choosing) this.choose(e, c, it); else this.viewer.open(it.id); },
    refresh() { this.chunks.forEach((c, i) => (c.items.length || !i) && this.load(c)); this.count(); },
    key(e) {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key], tile = e.target.closest("li")?.querySelector("a"), tiles = [...this.$el.querySelectorAll("li > a")];
      if (e.key === "Escape") this.leave(); else if (tile && step) tiles[tiles.indexOf(tile) + step]?.focus();
      else if (tile && e.key === "a" && (e.ctrlKey || e.metaKey)) { e.preventDefault(); this.chooseAll(); }
    },
  },
};

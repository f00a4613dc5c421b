// One picture in full, over the page, and everything that is done to one or to many: the server is asked from here.
const COS = Array.from({ length: 16 }, (_, i) => Array.from({ length: 8 }, (_, n) => Math.cos((Math.PI / 16) * (i + 0.5) * n)));
function thumbHash(text) { // decodes a ThumbHash (github.com/evanw/thumbhash), alpha left out, to a CSS image of 16 x 16 pixels
  const h = Uint8Array.from(atob(text), (c) => c.charCodeAt(0)), a = h[0] | (h[1] << 8) | (h[2] << 16), b = h[3] | (h[4] << 8);
  const long = a >> 23 ? 5 : 7, sides = (b >> 15 ? [long, b & 7] : [b & 7, long]).map((n) => Math.max(3, n));
  let at = a >> 23 ? 12 : 10;
  const waves = (nx, ny, scale, out = []) => {
    for (let y = 0; y < ny; y++) for (let x = y ? 0 : 1; x * ny < nx * (ny - y); x++, at++)
      out.push([x, y, 2 * scale * (((h[at >> 1] >> ((at & 1) << 2)) & 15) / 7.5 - 1)]);
    return out;
  };
  const channels = [[(a & 63) / 63, waves(...sides, ((a >> 18) & 31) / 31)], [((a >> 6) & 63) / 31.5 - 1, waves(3, 3, ((b >> 3) & 63) / 50.4)], [((a >> 12) & 63) / 31.5 - 1, waves(3, 3, ((b >> 9) & 63) / 50.4)]];
  const canvas = Object.assign(document.createElement("canvas"), { width: 16, height: 16 }), pixels = new ImageData(16, 16);
  for (let i = 0; i < 256; i++) {
    const [l, p, q] = channels.map(([mean, ac]) => ac.reduce((sum, [x, y, f]) => sum + f * COS[i & 15][x] * COS[i >> 4][y], mean));
    const blue = l - (2 / 3) * p, red = (3 * l - blue + q) / 2;
    pixels.data.set([red * 255, (red - q) * 255, blue * 255, 255], i * 4);
  }
  canvas.getContext("2d").putImageData(pixels, 0, 0); return `url(${canvas.toDataURL()})`;
}

const likeness = (n) => n === null ? null : `${Math.round(n)}${n < 27 ? ", not very close: another try may be closer" : ""}`; // of 100; 27 is a cosine of 0.36, weak
const TOOLS = [["favourite", "Favourite (F)", "heart"], ["details", "Details (I)", "info"], ["zoom", "Zoom (Z)", "expand"], ["download", "Download", "download"],
  ["album", "Add to album", "album"], ["share", "Share", "share"], ["trash", "Delete (Del)", "trash"], ["close", "Close (Esc)", "close"]];
const BACK = [["restore", "Restore", "undo"], ["erase", "Delete for ever", "trash"], ["close", "Close (Esc)", "close"]], KEYS = { f: "favourite", i: "details", z: "zoom", Delete: "trash" };
const DONE = { trash: "moved to the trash, kept for 30 days", restore: "restored", erase: "deleted for ever", favourite: "marked as favourite" };

export default {
  template: `<div class="viewer"><dialog ref="box" :aria-label="it ? 'Picture: ' + it.prompt : 'Picture'" @close="closed" @keydown="key"><template v-if="it">
      <div class="stage" :class="{ zoomed }" :tabindex="zoomed ? 0 : null" @touchstart.passive="touch = $event.touches" @touchend.passive="swipe" @dblclick="run('zoom')" @click.self="$refs.box.close()">
        <img :key="it.id" :src="file(it, zoomed ? 'full' : 'medium')" :alt="it.prompt" :width="it.width" :height="it.height" :style="{ backgroundImage: blur(it.thumbhash), aspectRatio: it.width / it.height }"></div>
      <button v-for="[way, id, text] in [['left', it.previous_id, 'Previous picture'], ['right', it.next_id, 'Next picture']]" v-show="id" :key="way" type="button" :class="'btn icon-only step ' + way" :aria-label="text" @click="turn(id)"><i :class="'icon icon-chevron-' + way" aria-hidden="true"></i></button>
      <div class="tools"><button v-for="[name, text, icon] in it.deleted_at ? BACK : TOOLS" :key="name" type="button" class="btn quiet icon-only" :aria-label="text" :title="text" :aria-pressed="{ favourite: it.favourite, details, zoom: zoomed }[name]" @click="run(name)">
        <i :class="'icon icon-' + icon + (name === 'favourite' && it.favourite ? '-filled' : '')" aria-hidden="true"></i></button></div>
      <aside v-show="details" class="stack" aria-label="Details"><p>{{ it.prompt }}</p>
        <div v-if="!it.deleted_at" class="stars" role="group" aria-label="Rating, keys 1 to 5"><button v-for="n in 5" :key="n" type="button" :aria-pressed="it.rating === n" :aria-label="n === 1 ? '1 star' : n + ' stars'" @click="rate(n)"><i :class="'icon icon-star' + (n <= it.rating ? '-filled' : '')" aria-hidden="true"></i></button></div>
        <dl class="facts"><template v-for="[name, value] in facts" :key="name"><dt>{{ name }}</dt><dd>{{ value }}</dd></template></dl>
        <a v-if="!it.deleted_at" class="btn" :href="'/studio?from=' + it.id"><i class="icon icon-sparkle" aria-hidden="true"></i>More like this</a></aside>
      <p class="sr-only" role="status">{{ it.prompt }}</p></template></dialog>
    <Teleport v-if="said" :to="$refs.box" :disabled="!it"><div class="toasts"><div class="toast" role="status"><span>{{ said.text }}</span><button v-if="said.undo" type="button" class="btn quiet" @click="undo">Undo</button></div></div></Teleport></div>`,
  inject: ["gallery"],
  data: () => ({ it: null, zoomed: false, details: innerWidth > 900, said: null, TOOLS, BACK }),
  computed: {
    facts() {
      const { it } = this, shown = ["prompt", "seed", "preset", "width", "height"], recipe = Object.entries(it.recipe).filter(([name, value]) => !shown.includes(name) && typeof value !== "object" && value !== "");
      return [["Model", it.model_name], ["Style", it.preset], ["Likeness", likeness(it.likeness)], ["Seed", it.seed], ["Size", `${it.width} × ${it.height}`],
        ["Made", new Date(it.created_at).toLocaleString()], ...recipe.map(([name, value]) => [name.replaceAll("_", " ").replace(/^./, (c) => c.toUpperCase()), value])].filter(([, value]) => value !== null);
    },
  },
  created() { this.gallery.viewer = this; this.known = new Map(); this.popped = () => { const id = new URLSearchParams(location.search).get("image"); if (id) this.open(id, false); else this.$refs.box.close(); }; },
  mounted() { addEventListener("popstate", this.popped); if (location.pathname === "/gallery") this.popped(); }, unmounted() { removeEventListener("popstate", this.popped); },
  methods: {
    blur: thumbHash,
    file(it, variant) { return `/api/images/${it.id}/file?variant=${variant}`; },
    async call(method, path, body) {
      const r = await fetch(path, { method, body: body && JSON.stringify(body), headers: body ? { "Content-Type": "application/json" } : {} }), answer = r.status === 204 ? null : await r.json();
      if (!r.ok) throw new Error(answer.message);
      return answer;
    },
    address(id) { const url = new URL(location); url.pathname = "/gallery"; url.searchParams.set("image", id); return url; },
    open(id, push = true) { if (push) history.pushState({ image: id }, "", this.address(id)); this.known.clear(); this.show(id); },
    turn(id) { if (id) { history.replaceState(history.state, "", this.address(id)); this.show(id); } },
    detail(id) { if (!this.known.has(id)) this.known.set(id, this.call("GET", `/api/images/${id}?${this.gallery.search()}`)); return this.known.get(id); },
    async show(id) {
      this.wanted = id;
      try { const it = await this.detail(id); if (this.wanted !== id) return; Object.assign(this, { it: { ...it }, zoomed: false }); if (!this.$refs.box.open) this.$refs.box.showModal(); } catch (error) { this.$refs.box.close(); return this.say(error.message); }
      for (const near of [this.it.previous_id, this.it.next_id]) if (near) this.detail(near).then((it) => { new Image().src = this.file(it, "medium"); }, () => this.known.delete(near));
    },
    closed() {
      const { id } = this.it || {}, url = new URL(location); this.it = this.wanted = null;
      if (history.state?.image) history.back(); else if (url.searchParams.has("image")) { url.searchParams.delete("image"); history.replaceState(history.state, "", url); }
      document.getElementById(`image-${id}`)?.focus();
    },
    run(name) {
      const { it } = this, only = { ids: [it.id] }, next = it.next_id || it.previous_id;
      if (name === "close") this.$refs.box.close(); else if (name === "favourite") this.change(it, { favourite: !it.favourite });
      else if (name === "details") this.details = !this.details; else if (name === "zoom") this.zoomed = !this.zoomed;
      else if (name === "download") Object.assign(document.createElement("a"), { href: `${this.file(it, "full")}&download=true`, download: "" }).click();
      else if (name === "share") this.gallery.$emit("share", it.id); else { this.act(name, only); if (name !== "album") { this.known.clear(); if (next) this.turn(next); else this.$refs.box.close(); } }
    },
    rate(n) { this.change(this.it, { rating: this.it.rating === n ? null : n }); },
    key(e) {
      const way = { ArrowLeft: "previous_id", ArrowRight: "next_id" }[e.key]; if (!this.it || e.target.matches("input, textarea") || e.ctrlKey || e.metaKey || e.altKey) return;
      if (way && !this.zoomed) this.turn(this.it[way]); else if (this.it.deleted_at) return; else if (KEYS[e.key]) this.run(KEYS[e.key]); else if (e.key >= "1" && e.key <= "5") this.rate(+e.key);
    },
    swipe(e) {
      if (this.zoomed || this.touch.length > 1) return;
      const x = e.changedTouches[0].clientX - this.touch[0].clientX, y = e.changedTouches[0].clientY - this.touch[0].clientY;
      if (Math.abs(x) > 50 && Math.abs(x) > 2 * Math.abs(y)) this.turn(x > 0 ? this.it.previous_id : this.it.next_id); else if (y > 90 && y > 2 * Math.abs(x)) this.$refs.box.close();
    },
    async act(action, selection) {
      if (action === "zip") return this.zip(selection); if (action === "album") return this.gallery.$emit("album", selection);
      try { const { count, undo } = await this.call("POST", "/api/images/bulk", { action, ...selection });
        this.gallery.leave(); this.gallery.refresh(); this.say(`${count.toLocaleString()} ${count === 1 ? "picture" : "pictures"} ${DONE[action]}`, undo); } catch (error) { this.say(error.message); }
    },
    zip(selection) { const form = Object.assign(document.createElement("form"), { method: "post", action: "/api/images/zip" }); form.append(Object.assign(document.createElement("input"), { name: "selection", value: JSON.stringify(selection) })); document.body.append(form); form.submit(); form.remove(); },
    undo() { this.act("restore", { matching: this.said.undo }); this.said = null; },
    async change(it, values) { const old = { ...it }; Object.assign(it, values); try { await this.call("PATCH", `/api/images/${it.id}`, values); } catch (error) { Object.assign(it, old); this.say(error.message); } },
    say(text, undo) { this.said = { text, undo }; clearTimeout(this.hush); this.hush = setTimeout(() => { this.said = null; }, 8000); },
  },
};

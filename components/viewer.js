// One picture in full, over the page, and everything that is done to one or to many: the server is
// asked from here.
import { cssImage } from "thumbhash";
import { defineAsyncComponent } from "vue";

const ASK_ABOVE = 20; // pictures: more than a glance takes in
const SAID = 8000; // milliseconds that a message stays
const WEAK = 27; // likeness, of 100: a cosine of 0.36
const SWIPE = { aside: 50, down: 90 }; // pixels

const TOOLS = [
  ["favourite", "Favourite (F)", "heart"],
  ["details", "Details (I)", "info"],
  ["zoom", "Zoom (Z)", "expand"],
  ["download", "Download", "download"],
  ["album", "Add to album", "album"],
  ["share", "Share", "share"],
  ["trash", "Delete (Del)", "trash"],
  ["close", "Close (Esc)", "close"],
];
const TRASH_TOOLS = [
  ["restore", "Restore", "undo"],
  ["erase", "Delete for ever", "trash"],
  ["close", "Close (Esc)", "close"],
];
const KEYS = { f: "favourite", i: "details", z: "zoom", Delete: "trash" };

const pictures = (n) => `${n.toLocaleString()} ${n === 1 ? "picture" : "pictures"}`;
const DONE = {
  trash: "moved to the trash, kept for 30 days",
  erase: "deleted for ever",
  restore: "restored",
  favourite: "marked as favourite",
};

function likeness(n) {
  if (n === null) return null;
  return `${Math.round(n)}${n < WEAK ? ", not very close: another try may be closer" : ""}`;
}

// Fields of a recipe that have a place of their own in the details.
const SHOWN = ["prompt", "negative_prompt", "seed", "preset", "width", "height", "seeds", "made_by",
  "note"];

const STAGE = `
  <div class="stage" :class="{ zoomed }" :tabindex="zoomed ? 0 : null"
    @touchstart.passive="touch = $event.touches" @touchend.passive="swipe"
    @dblclick="run('zoom')" @click.self="$refs.box.close()">
    <img :key="it.id" :src="file(it, zoomed ? 'full' : 'medium')" :alt="it.prompt"
      :width="it.width" :height="it.height"
      :style="{ backgroundImage: blur(it.thumbhash), aspectRatio: it.width / it.height }">
  </div>
  <button v-for="[way, id, text] in steps" v-show="id" :key="way" type="button"
    :class="'btn icon-only step ' + way" :aria-label="text" @click="turn(id)">
    <i :class="'icon icon-chevron-' + way" aria-hidden="true"></i>
  </button>`;

const BAR = `
  <div class="tools">
    <button v-for="[name, text, icon] in it.deleted_at ? TRASH_TOOLS : TOOLS" :key="name"
      type="button" class="btn quiet icon-only" :aria-label="text" :title="text"
      :aria-pressed="{ favourite: it.favourite, details, zoom: zoomed }[name]"
      @click="run(name)">
      <i :class="'icon icon-' + icon + (name === 'favourite' && it.favourite ? '-filled' : '')"
        aria-hidden="true"></i>
    </button>
  </div>`;

const DETAILS = `
  <aside v-show="details" class="stack" aria-label="Details">
    <p>{{ it.prompt }}</p>
    <div v-if="!it.deleted_at" class="stars" role="group" aria-label="Rating, keys 1 to 5">
      <button v-for="n in 5" :key="n" type="button" :aria-pressed="it.rating === n"
        :aria-label="n === 1 ? '1 star' : n + ' stars'" @click="rate(n)">
        <i :class="'icon icon-star' + (n <= it.rating ? '-filled' : '')" aria-hidden="true"></i>
      </button>
    </div>
    <dl class="facts">
      <template v-for="[name, value] in facts" :key="name">
        <dt>{{ name }}</dt><dd>{{ value }}</dd>
      </template>
      <dt>Made</dt><dd><local-time :datetime="it.created_at"></local-time></dd>
    </dl>
    <a v-if="!it.deleted_at" class="btn" :href="'/studio?from=' + it.id">
      <i class="icon icon-sparkle" aria-hidden="true"></i>More like this
    </a>
    <details class="advanced">
      <summary>
        Technical details<i class="icon little icon-chevron-down" aria-hidden="true"></i>
      </summary>
      <dl class="facts">
        <template v-for="[name, value] in technical" :key="name">
          <dt>{{ name }}</dt><dd>{{ value }}</dd>
        </template>
      </dl>
    </details>
  </aside>`;

const MESSAGE = `
  <Teleport v-if="said" :to="$refs.box" :disabled="!it">
    <div class="toasts">
      <div class="toast" role="status">
        <span>{{ said.text }}</span>
        <button v-if="said.undo" type="button" class="btn quiet" @click="undo(said.undo)">
          Undo
        </button>
      </div>
    </div>
  </Teleport>`;

export default {
  template: `
    <div class="viewer">
      <dialog ref="box" class="lightbox" :aria-label="it ? 'Picture: ' + it.prompt : 'Picture'"
        @close="closed" @keydown="key">
        <template v-if="it">
          ${STAGE}${BAR}${DETAILS}
          <p class="sr-only" role="status">{{ it.prompt }}</p>
        </template>
      </dialog>
      <PictureQuestion v-if="asked" v-bind="asked" @answer="answer"></PictureQuestion>
      ${MESSAGE}
    </div>`,
  components: { PictureQuestion: defineAsyncComponent(() => import("picture_question")) },
  inject: ["gallery"],
  data: () => ({
    it: null,
    zoomed: false,
    details: innerWidth > 900,
    said: null,
    asked: null,
    TOOLS,
    TRASH_TOOLS,
  }),
  computed: {
    steps() {
      return [
        ["left", this.it.previous_id, "Previous picture"],
        ["right", this.it.next_id, "Next picture"],
      ];
    },
    facts() {
      const { it } = this;
      return [
        ["Model", it.model_name],
        ["Style", it.style],
        ["To avoid", it.recipe.negative_prompt],
        ["Made by", it.recipe.made_by],
        ["Followed", it.recipe.understood?.map((term) => term.label).join(", ")],
        ["Not followed", it.recipe.not_understood?.map((each) => each.word).join(", ")],
        ["Note", it.recipe.note],
        ["Likeness", likeness(it.likeness)],
        ["Size", `${it.width} × ${it.height}`],
      ].filter(([, value]) => value);
    },
    technical() {
      const { it } = this;
      const title = (name) => name.replaceAll("_", " ").replace(/^./, (c) => c.toUpperCase());
      const recipe = Object.entries(it.recipe)
        .filter(([name, value]) => !SHOWN.includes(name) && typeof value !== "object")
        .map(([name, value]) => [title(name), value]);
      const facts = [["Seed", it.seed], ["Style", it.preset], ...recipe, ["Picture", it.id]];
      return facts.filter(([, value]) => value !== null && value !== "");
    },
  },
  created() {
    this.gallery.viewer = this;
    this.known = new Map();
  },
  mounted() {
    addEventListener("popstate", this.popped);
    if (location.pathname === "/gallery") this.popped();
  },
  unmounted() {
    removeEventListener("popstate", this.popped);
  },
  methods: {
    pictures,
    blur: cssImage,
    file(it, variant) {
      return `/api/images/${it.id}/file?variant=${variant}`;
    },
    async call(method, path, body) {
      const headers = body ? { "Content-Type": "application/json" } : {};
      const r = await fetch(path, { method, body: body && JSON.stringify(body), headers });
      const answer = r.status === 204 ? null : await r.json();
      if (!r.ok) throw new Error(answer.message);
      return answer;
    },
    say(text, undo) {
      this.said = { text, undo };
      clearTimeout(this.hush);
      this.hush = setTimeout(() => (this.said = null), SAID);
    },

    // One picture.
    popped() {
      const id = new URLSearchParams(location.search).get("image");
      if (id) this.open(id, false);
      else this.$refs.box.close();
    },
    address(id) {
      const url = new URL(location);
      url.pathname = "/gallery";
      url.searchParams.set("image", id);
      return url;
    },
    open(id, push = true) {
      if (push) history.pushState({ image: id }, "", this.address(id));
      this.known.clear();
      this.show(id);
    },
    turn(id) {
      if (!id) return;
      history.replaceState(history.state, "", this.address(id));
      this.show(id);
    },
    detail(id) {
      if (!this.known.has(id)) {
        const path = `/api/images/${id}?${this.gallery.parameters()}`;
        this.known.set(id, this.call("GET", path));
      }
      return this.known.get(id);
    },
    async show(id) {
      this.wanted = id;
      try {
        const it = await this.detail(id);
        if (this.wanted !== id) return;
        Object.assign(this, { it: { ...it }, zoomed: false });
        if (!this.$refs.box.open) this.$refs.box.showModal();
        [it.previous_id, it.next_id].filter(Boolean).forEach(this.fetchAhead);
      } catch (error) {
        this.$refs.box.close();
        this.say(error.message);
      }
    },
    async fetchAhead(id) {
      try {
        new Image().src = this.file(await this.detail(id), "medium");
      } catch {
        this.known.delete(id);
      }
    },
    closed() {
      const { id } = this.it || {};
      const url = new URL(location);
      this.it = this.wanted = null;
      if (history.state?.image) history.back();
      else if (url.searchParams.has("image")) {
        url.searchParams.delete("image");
        history.replaceState(history.state, "", url);
      }
      document.getElementById(`image-${id}`)?.focus();
    },
    run(name) {
      const { it } = this;
      if (name === "close") this.$refs.box.close();
      else if (name === "favourite") this.change(it, { favourite: !it.favourite });
      else if (name === "details") this.details = !this.details;
      else if (name === "zoom") this.zoomed = !this.zoomed;
      else if (name === "download") this.download(it);
      else if (name === "share") this.gallery.$emit("share", it.id);
      else if (name === "album") this.act(name, { ids: [it.id], count: 1 });
      else this.actAndTurn(name, it);
    },
    // What leaves the list makes room for the next one.
    async actAndTurn(name, it) {
      const next = it.next_id || it.previous_id;
      if (!(await this.act(name, { ids: [it.id], count: 1 }))) return;
      this.known.clear();
      if (this.wanted !== it.id) return; // closed, or turned on, while the server acted
      if (next) this.turn(next);
      else this.$refs.box.close();
    },
    download(it) {
      const link = document.createElement("a");
      Object.assign(link, { href: `${this.file(it, "full")}&download=true`, download: "" }).click();
    },
    rate(n) {
      this.change(this.it, { rating: this.it.rating === n ? null : n });
    },
    async change(it, values) {
      const old = { ...it };
      Object.assign(it, values);
      try {
        await this.call("PATCH", `/api/images/${it.id}`, values);
      } catch (error) {
        Object.assign(it, old);
        this.say(error.message);
      }
    },
    key(e) {
      if (!this.it || e.ctrlKey || e.metaKey || e.altKey) return;
      const way = { ArrowLeft: "previous_id", ArrowRight: "next_id" }[e.key];
      if (way && !this.zoomed) this.turn(this.it[way]);
      else if (this.it.deleted_at) return;
      else if (KEYS[e.key]) this.run(KEYS[e.key]);
      else if (e.key >= "1" && e.key <= "5") this.rate(+e.key);
    },
    swipe(e) {
      if (this.zoomed || this.touch.length > 1) return;
      const x = e.changedTouches[0].clientX - this.touch[0].clientX;
      const y = e.changedTouches[0].clientY - this.touch[0].clientY;
      const aside = Math.abs(x) > SWIPE.aside && Math.abs(x) > 2 * Math.abs(y);
      if (aside) this.turn(x > 0 ? this.it.previous_id : this.it.next_id);
      else if (y > SWIPE.down && y > 2 * Math.abs(x)) this.$refs.box.close();
    },

    // One or many. `selection.count` is the number that was shown: the server acts on no other.
    async act(action, selection) {
      if (action === "album") return this.gallery.$emit("album", selection);
      try {
        if (!(await this.agreed(action, selection))) return false;
        if (action === "zip") this.zip(selection);
        else await this.changeMany(action, selection);
        return true;
      } catch (error) {
        this.gallery.leave();
        this.gallery.refresh();
        this.say(error.message);
        return false;
      }
    },
    async changeMany(action, selection) {
      const { count, undo } = await this.call("POST", "/api/images/bulk", { action, ...selection });
      this.gallery.leave();
      this.gallery.refresh();
      this.say(`${pictures(count)} ${DONE[action]}`, undo);
    },
    undo(matching) {
      this.said = null;
      this.act("restore", { matching });
    },
    // Asks where there is no way back, and for more than a glance takes in.
    async agreed(action, selection) {
      const asks = action === "erase" || selection.count > ASK_ABOVE;
      if (!asks && action !== "zip") return true;
      const found = await this.call("POST", "/api/images/selection", selection);
      if (!asks) return true;
      this.asked = { action, ...found };
      return new Promise((resolve) => {
        this.answered = resolve;
      });
    },
    answer(yes) {
      this.asked = null;
      this.answered(yes);
    },
    zip(selection) {
      const form = Object.assign(document.createElement("form"), {
        method: "post",
        action: "/api/images/zip",
      });
      const value = JSON.stringify(selection);
      form.append(Object.assign(document.createElement("input"), { name: "selection", value }));
      document.body.append(form);
      form.submit();
      form.remove();
    },
  },
};

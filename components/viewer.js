// One picture in full, over the page, and everything that is done to one or to many: the server is
// asked from here.
import { cssImage } from "picture_tiles";
import { defineAsyncComponent } from "vue";

const ASK_ABOVE = 20; // pictures: more than a glance takes in
const SAID = 8000; // milliseconds that a message stays
const SWIPE = { aside: 50, down: 90 }; // pixels

const TOOLS = [
  ["edit", "Edit (E)", "pencil"],
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
const KEYS = { e: "edit", f: "favourite", i: "details", z: "zoom", Delete: "trash" };

const TYPED = "input, textarea, select, canvas"; // where keys mean something else
const pictures = (n) => `${n.toLocaleString()} ${n === 1 ? "picture" : "pictures"}`;
const DONE = {
  trash: "moved to the trash, kept for 30 days",
  erase: "deleted for ever",
  restore: "restored",
  favourite: "marked as favourite",
};

const STAGE = `
  <div class="stage" :class="{ zoomed }" :tabindex="zoomed ? 0 : null"
    @touchstart.passive="touch = $event.touches" @touchend.passive="swipe"
    @dblclick="run('zoom')" @click.self="$refs.box.close()">
    <img v-show="!(before && parent)" :key="it.id" :class="{ clear: clear(it) }"
      :src="file(it, zoomed ? 'full' : 'medium')" :alt="it.prompt"
      :width="it.width" :height="it.height"
      :style="{ backgroundImage: clear(it) ? '' : blur(it.thumbhash),
        aspectRatio: it.width / it.height }">
    <img v-if="parent" v-show="before" :key="parent.id" :class="{ clear: clear(parent) }"
      :src="file(parent, 'medium')" :alt="'Before: ' + parent.prompt"
      :width="parent.width" :height="parent.height">
  </div>
  <div v-if="parent" class="beside">
    <button ref="hold" type="button" class="btn hold" :aria-pressed="before" @contextmenu.prevent
      @pointerdown="before = true" @pointerup="before = false" @pointercancel="before = false"
      @pointerleave="before = false" @keydown.space.prevent="before = true"
      @keydown.enter.prevent="before = true" @blur="before = false">
      <i class="icon icon-eye" aria-hidden="true"></i>{{ before ? "Before" : "Hold: before" }}
    </button>
    <button v-if="fresh === it.id" type="button" class="btn" @click="undoEdit">
      <i class="icon icon-undo" aria-hidden="true"></i>Undo
    </button>
  </div>
  <button v-for="[way, id, text] in steps" v-show="id" :key="way" type="button"
    :class="'btn icon-only step ' + way" :aria-label="text" @click="turn(id)">
    <i :class="'icon icon-chevron-' + way" aria-hidden="true"></i>
  </button>`;

const BAR = `
  <div class="tools">
    <button v-for="[name, text, icon] in tools" :key="name" type="button"
      class="btn quiet icon-only" :aria-label="text" :title="text"
      :aria-pressed="{ edit: editing, favourite: it.favourite, zoom: zoomed,
        details: details && !editing }[name]"
      @click="run(name)">
      <i :class="'icon icon-' + icon + (name === 'favourite' && it.favourite ? '-filled' : '')"
        aria-hidden="true"></i>
    </button>
  </div>`;

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
        @close="closed" @keydown="key" @keyup="before = false">
        <template v-if="it">
          ${STAGE}${BAR}
          <PictureDetails v-show="details && !editing" :it="it" :parent="parent" @rate="rate"
            @turn="turn"></PictureDetails>
          <p class="sr-only" role="status">{{ it.prompt }}</p>
        </template>
        <PictureEdit v-if="edited" ref="editor" :it="it" :shown="Boolean(it) && editing"
          @made="made" @leave="editing = false"></PictureEdit>
      </dialog>
      <PictureQuestion v-if="asked" v-bind="asked" @answer="answer"></PictureQuestion>
      ${MESSAGE}
    </div>`,
  components: {
    PictureDetails: defineAsyncComponent(() => import("picture_details")),
    PictureEdit: defineAsyncComponent(() => import("picture_edit")),
    PictureQuestion: defineAsyncComponent(() => import("picture_question")),
  },
  inject: ["gallery"],
  data: () => ({
    it: null,
    parent: null, // what it was made from
    before: false, // the parent is shown in its place
    fresh: null, // the child that was made last
    edited: false, // the edit panel has been asked for
    editing: false,
    zoomed: false,
    details: innerWidth > 900,
    said: null,
    asked: null,
  }),
  computed: {
    tools() {
      if (this.it.deleted_at) return TRASH_TOOLS;
      return TOOLS.filter(([name]) => name !== "edit" || this.it.operations.length);
    },
    steps() {
      return [
        ["left", this.it.previous_id, "Previous picture"],
        ["right", this.it.next_id, "Next picture"],
      ];
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
    // A tile before its picture is there, and where to cut it: it shows the face.
    look({ thumbhash, face_box: box }) {
      const aim = box && `${50 * (box[0] + box[2])}% ${50 * (box[1] + box[3])}%`;
      return { backgroundImage: cssImage(thumbhash), objectPosition: aim };
    },
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
        Object.assign(this, { it: { ...it }, zoomed: false, parent: null, before: false });
        if (it.parent_id) this.showParent(it);
        if (!this.$refs.box.open) this.$refs.box.showModal();
        [it.previous_id, it.next_id].filter(Boolean).forEach(this.fetchAhead);
      } catch (error) {
        this.$refs.box.close();
        this.say(error.message);
      }
    },
    // Without it, where the parent is deleted for ever.
    async showParent(it) {
      const parent = await this.detail(it.parent_id).catch(() => null);
      if (this.wanted !== it.id) return;
      this.parent = parent;
      if (this.fresh === it.id) this.$nextTick(() => this.$refs.hold?.focus());
    },
    clear(it) {
      return it.content_type === "image/png" && it.operation !== "generate";
    },
    async made(id, source) {
      this.known.clear();
      this.gallery.refresh();
      this.fresh = id;
      if (this.wanted === source) this.turn(id);
      else this.say("The picture that you changed is ready");
    },
    async undoEdit() {
      const { it, parent } = this;
      if (!(await this.act("trash", { ids: [it.id], count: 1 }))) return;
      this.known.clear();
      this.turn(parent.id);
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
      else if (name === "details") this.toggleDetails();
      else if (name === "edit") this.toggleEdit();
      else if (name === "zoom") this.zoomed = !this.zoomed;
      else if (name === "download") this.download(it);
      else if (name === "share") this.gallery.$emit("share", it.id);
      else if (name === "album") this.act(name, { ids: [it.id], count: 1 });
      else this.actAndTurn(name, it);
    },
    toggleDetails() {
      this.details = this.editing || !this.details;
      this.editing = false;
    },
    toggleEdit() {
      if (!this.it.operations.length) return;
      this.edited = true;
      this.editing = !this.editing;
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
      if (!this.it || e.ctrlKey || e.metaKey || e.altKey || e.target.matches(TYPED)) return;
      const way = { ArrowLeft: "previous_id", ArrowRight: "next_id" }[e.key];
      if (way && !this.zoomed) this.turn(this.it[way]);
      else if (this.it.deleted_at) return;
      else if (e.key === "b") this.before = Boolean(this.parent);
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

// Photos on their way in: dropped anywhere, pasted, chosen or taken; three at a time, each with
// its own thumbnail, progress, verdict and Remove. Without `url` they wait; a lost line is tried
// again. The set may change somewhere else as well: `tell` says what it is now.
import { defineAsyncComponent } from "vue";

const MARKS = {
  good: "icon-check",
  warned: "icon-alert",
  refused: "icon-close",
  failed: "icon-alert",
};
const AT_ONCE = 3;
const TRIES = 6;

export default {
  template: `
  <section class="dropzone" aria-label="Photos">
    <label class="dropzone-pick" :class="{ small: items.length }">
      <i class="icon big icon-upload" aria-hidden="true"></i>
      <span>
        <b>Add photos</b>
        <span class="muted small for-mouse">
          Drop them anywhere on this page, paste them, or choose from your device
        </span>
        <span class="muted small for-touch">
          Choose them from your pictures, or take one now
        </span>
      </span>
      <input
        type="file" multiple accept="image/*,.heic,.heif,.avif" class="sr-only"
        @change="add($event.target.files); $event.target.value = ''"
      >
    </label>
    <ul v-if="items.length" class="photos">
      <li
        v-for="f in items" :key="f.key" class="photo"
        :class="[f.state, f.used === false ? 'left-out' : '']"
      >
        <div class="photo-frame">
          <img
            v-if="f.src" :src="f.src" :alt="'Photo ' + f.name" :style="f.aim"
            width="160" height="160" decoding="async" @error="f.src = ''"
          >
          <span v-else class="photo-name tiny muted">{{ f.name }}</span>
          <div
            v-if="busy(f)" class="bar" role="progressbar" :aria-label="'Uploading ' + f.name"
            aria-valuemin="0" aria-valuemax="100" :aria-valuenow="Math.round(f.part * 100)"
          >
            <div :style="{ width: f.part * 100 + '%' }"></div>
          </div>
          <button
            type="button" class="photo-remove" :aria-label="'Remove ' + f.name" @click="remove(f)"
          >
            <i class="icon little icon-close" aria-hidden="true"></i>
          </button>
          <button
            v-if="f.id" type="button" class="photo-remove photo-crop" :disabled="f.changing"
            :aria-label="'Crop or turn ' + f.name" @click="editing = f"
          >
            <i class="icon little icon-crop" aria-hidden="true"></i>
          </button>
        </div>
        <p class="tiny" :title="f.text">
          <i v-if="mark(f)" class="icon little" :class="mark(f)" aria-hidden="true"></i>
          {{ f.text }}
        </p>
        <div v-if="f.id && actions(f).length" class="photo-actions">
          <button
            v-for="a in actions(f)" :key="a.text" type="button" class="linklike tiny"
            :aria-label="a.text + ': ' + f.name" :disabled="f.changing" @click="change(f, a.body)"
          >{{ a.text }}</button>
        </div>
        <button
          v-if="f.state === 'failed'" type="button" class="linklike tiny" @click="again(f)"
        >Try again</button>
      </li>
    </ul>
    <p class="sr-only" role="status">{{ said }}</p>
    <PhotoCrop
      v-if="editing" :id="editing.id" :key="editing.id" :name="editing.name" :address="address()"
      :least="leastSide" :ratio="mostRatio" :around="around" :save="(body) => patch(editing, body)"
      @close="editing = null"
    ></PhotoCrop>
    <div v-if="over" class="dropzone-veil" aria-hidden="true">
      <p><i class="icon big icon-upload"></i> Drop the photos anywhere</p>
    </div>
  </section>`,
  components: { PhotoCrop: defineAsyncComponent(() => import("photo_crop")) },
  props: {
    url: String,
    photos: Array,
    maxBytes: Number,
    leastSide: Number,
    mostRatio: Number,
  },
  data() {
    return { items: this.photos.map(stored), editing: null, over: 0, key: 0, said: "" };
  },
  watch: {
    url() {
      this.pump();
    },
  },
  mounted() {
    this.told = new Map();
    this.fresh = new Map();
    this.listeners = {
      dragenter: (e) => hasFiles(e) && this.over++,
      dragleave: (e) => hasFiles(e) && (this.over = Math.max(0, this.over - 1)),
      dragover: (e) => hasFiles(e) && e.preventDefault(),
      online: () => this.pump(),
      drop: (e) => this.drop(e),
      paste: (e) => e.clipboardData?.files.length && this.add(e.clipboardData.files),
      beforeunload: (e) => this.items.some(busy) && this.url && e.preventDefault(),
    };
    for (const [name, listener] of Object.entries(this.listeners)) {
      window.addEventListener(name, listener);
    }
  },
  unmounted() {
    for (const [name, listener] of Object.entries(this.listeners)) {
      window.removeEventListener(name, listener);
    }
    this.items.forEach((f) => f.local && URL.revokeObjectURL(f.local));
  },
  methods: {
    busy,
    around,
    mark: (f) => MARKS[f.state],
    drop(e) {
      if (!hasFiles(e)) return;
      e.preventDefault();
      this.over = 0;
      this.add(e.dataTransfer.files);
    },
    add(list) {
      for (const file of list) {
        const local = URL.createObjectURL(file);
        const large = file.size > this.maxBytes;
        this.items.push({
          key: "new" + ++this.key,
          name: file.name,
          src: local,
          local,
          file: Vue.markRaw(file),
          part: 0,
          tries: 0,
          state: large ? "refused" : "waiting",
          text: large ? "Larger than 25 MB. Send a smaller copy." : "Waiting",
        });
      }
      this.pump();
    },
    // What the set is now; those with a `thumb_url` may have come from another page.
    tell(photos) {
      this.told = new Map(photos.map((p) => [p.id, p]));
      for (const p of photos) if (p.thumb_url) this.fresh.set(p.id, p);
      this.items = this.items.filter((f) => !f.told || this.told.has(f.id));
      for (const f of this.items) {
        if (this.told.has(f.id)) Object.assign(f, judged(this.told.get(f.id)), { told: true });
      }
      if (this.editing && !this.items.includes(this.editing)) {
        this.said = `${this.editing.name} was removed`;
        this.editing = null;
      }
      this.addFresh();
    },
    addFresh() {
      // An upload whose answer is on its way may be what seems to have come from elsewhere.
      if (this.items.some((f) => f.state === "sending")) return;
      const known = new Set(this.items.map((f) => f.id));
      for (const [id, p] of this.fresh) {
        if (this.told.has(id) && !known.has(id)) this.items.push(stored(p));
      }
      this.fresh.clear();
    },
    pump() {
      if (!this.url) return;
      let free = AT_ONCE - this.items.filter((f) => f.state === "sending").length;
      for (const f of this.items) {
        if (free > 0 && f.state === "waiting" && !f.rests) {
          free--;
          this.send(f);
        }
      }
    },
    send(f) {
      const request = (f.request = Vue.markRaw(new XMLHttpRequest()));
      f.state = "sending";
      f.text = "Uploading";
      request.open("PUT", `${this.address()}?name=${encodeURIComponent(f.name)}`);
      request.upload.onprogress = (e) => {
        f.part = e.loaded / e.total;
        if (f.part === 1) f.text = "Looking at it";
      };
      request.onloadend = () => {
        if (f.state === "sending") this.ended(f, request);
        this.addFresh();
        this.pump();
      };
      request.send(f.file);
    },
    ended(f, request) {
      const verdict = answer(request);
      if (isLost(request) && ++f.tries < TRIES) {
        this.rest(f);
      } else if (verdict.accepted || (f.tries && verdict.code === "duplicate")) {
        // a duplicate after a try: it had arrived, and only the answer was lost
        const src = f.src || verdict.photo.thumb_url;
        const told = this.told.has(verdict.photo.id); // before this answer came
        Object.assign(f, stored(verdict.photo), { key: f.key, src, file: null, told });
      } else {
        f.state = mayHelp(request) ? "failed" : "refused";
        f.text = verdict.message || "This photo did not arrive.";
      }
      if (!busy(f)) this.said = `${f.name}: ${f.text}`;
    },
    rest(f) {
      f.state = "waiting";
      f.part = 0;
      f.rests = true;
      f.text = "No connection. Trying again by itself";
      const go = () => {
        f.rests = false;
        this.pump();
      };
      setTimeout(go, 1000 * 2 ** f.tries);
    },
    again(f) {
      f.state = "waiting";
      f.tries = 0;
      this.pump();
    },
    // What can be done about a photo by one tap.
    actions(f) {
      const found = [];
      if (f.turn) found.push({ text: "Turn it", body: { turn: f.turn } });
      if (f.crop) found.push({ text: "Crop to the face", body: { crop: f.crop } });
      if (f.used === false) found.push({ text: "Use it anyway", body: { included: true } });
      else if (f.state === "warned") {
        found.push({ text: "Leave it out", body: { included: false } });
      }
      return found;
    },
    async change(f, body) {
      f.text = (await this.patch(f, body)) || f.text;
    },
    // What went wrong, or nothing.
    async patch(f, body) {
      f.changing = true;
      const options = {
        method: "PATCH",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      };
      const response = await fetch(`${this.address()}/${f.id}`, options).catch(() => null);
      const said = await response?.json().catch(() => null);
      f.changing = false;
      if (!response?.ok) return said?.message || "That did not work. Try again.";
      const now = said.items.find((p) => p.id === f.id);
      if (now) Object.assign(f, stored(now), { key: f.key });
      this.said = `${f.name}: ${f.text}`;
      return "";
    },
    async remove(f) {
      if (f.request && f.state === "sending") {
        f.state = "gone";
        f.request.abort();
      }
      if (f.id) {
        const options = { method: "DELETE" };
        const answer = await fetch(`${this.address()}/${f.id}`, options).catch(() => null);
        if (!answer?.ok && answer?.status !== 404) {
          f.text = "Could not be removed. Try again.";
          return;
        }
      }
      this.items = this.items.filter((other) => other !== f);
      this.said = `${f.name} removed`;
    },
    address() {
      return (window.path_prefix || "") + this.url;
    },
  },
};

function hasFiles(event) {
  return [...(event.dataTransfer?.types || [])].includes("Files");
}

function busy(f) {
  return f.state === "waiting" || f.state === "sending";
}

function stored(p) {
  const { id, name, thumb_url: src } = p;
  return { key: id, id, name, src, part: 1, told: true, ...judged(p) };
}

function judged(p) {
  const text = p.warnings.map((w) => w.message).join(" ");
  const box = p.face_box; // the square shows the face
  const aim = box && `${50 * (box[0] + box[2])}% ${50 * (box[1] + box[3])}%`;
  const group = p.warnings.some((w) => w.code === "company");
  return {
    state: text ? "warned" : "good",
    text: [text || "Good", p.used === false ? "Left out of the training." : ""].join(" ").trim(),
    used: p.used,
    turn: p.turn,
    crop: group && box ? around(box) : null,
    aim: aim && { objectPosition: aim },
  };
}

// Head and shoulders of the face in this box.
function around([left, top, right, bottom]) {
  const width = right - left;
  const height = bottom - top;
  return [
    Math.max(0, left - 0.6 * width),
    Math.max(0, top - 0.7 * height),
    Math.min(1, right + 0.6 * width),
    Math.min(1, bottom + 1.4 * height),
  ];
}

// {} for a proxy's page, or nothing.
function answer(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {};
  }
}

// The line or the server failed, or there were too many at once: the photo was not judged.
function isLost({ status }) {
  return !status || status >= 500 || status === 429;
}

// Whether the same photo may be taken another time: not if it was refused for what it is.
function mayHelp(request) {
  return isLost(request) || request.status === 401;
}

// Photos on their way in: dropped anywhere, pasted, chosen or taken; three at a time, each with its
// own thumbnail, progress, verdict and Remove. Without `url` they wait; a lost line is tried again.
export default {
  template: `
  <section class="dropzone" aria-label="Photos">
    <label class="dropzone-pick" :class="{ small: items.length }">
      <i class="icon big icon-upload" aria-hidden="true"></i>
      <span><b>Add photos</b><span class="muted small for-mouse">Drop them anywhere on this page, paste them, or choose from your device</span><span class="muted small for-touch">Choose them from your pictures, or take one now</span></span>
      <input type="file" multiple accept="image/*,.heic,.heif,.avif" class="sr-only" @change="add($event.target.files); $event.target.value = ''">
    </label>
    <ul v-if="items.length" class="photos">
      <li v-for="f in items" :key="f.key" class="photo" :class="f.state">
        <div class="photo-frame">
          <img v-if="f.src" :src="f.src" :alt="'Photo ' + f.name" :style="f.aim" width="160" height="160" decoding="async" @error="f.src = ''">
          <span v-else class="photo-name tiny muted">{{ f.name }}</span>
          <div v-if="busy(f)" class="bar" role="progressbar" :aria-label="'Uploading ' + f.name" aria-valuemin="0" aria-valuemax="100" :aria-valuenow="Math.round(f.part * 100)"><div :style="{ width: f.part * 100 + '%' }"></div></div>
          <button type="button" class="photo-remove" :aria-label="'Remove ' + f.name" @click="remove(f)"><i class="icon little icon-close" aria-hidden="true"></i></button>
        </div>
        <p class="tiny" :title="f.text"><i v-if="mark[f.state]" class="icon little" :class="mark[f.state]" aria-hidden="true"></i> {{ f.text }}</p>
        <button v-if="f.state === 'failed'" type="button" class="linklike tiny" @click="again(f)">Try again</button>
      </li>
    </ul>
    <p class="sr-only" role="status">{{ said }}</p>
    <div v-if="over" class="dropzone-veil" aria-hidden="true"><p><i class="icon big icon-upload"></i> Drop the photos anywhere</p></div>
  </section>`,
  props: { url: String, photos: Array, maxBytes: Number },
  data() {
    return {
      items: this.photos.map((p) => this.kept(p)), over: 0, key: 0, said: "",
      mark: { good: "icon-check", warned: "icon-alert", refused: "icon-close", failed: "icon-alert" },
    };
  },
  watch: { url() { this.pump(); } },
  mounted() {
    this.listeners = {
      dragenter: (e) => this.files(e) && this.over++, dragleave: (e) => this.files(e) && (this.over = Math.max(0, this.over - 1)),
      dragover: (e) => this.files(e) && e.preventDefault(), online: () => this.pump(),
      drop: (e) => { if (!this.files(e)) return; e.preventDefault(); this.over = 0; this.add(e.dataTransfer.files); },
      paste: (e) => e.clipboardData?.files.length && this.add(e.clipboardData.files),
      beforeunload: (e) => this.items.some(this.busy) && this.url && e.preventDefault(),
    };
    for (const [name, listener] of Object.entries(this.listeners)) window.addEventListener(name, listener);
  },
  unmounted() {
    for (const [name, listener] of Object.entries(this.listeners)) window.removeEventListener(name, listener);
    this.items.forEach((f) => f.local && URL.revokeObjectURL(f.local));
  },
  methods: {
    files: (e) => [...(e.dataTransfer?.types || [])].includes("Files"),
    busy: (f) => f.state === "waiting" || f.state === "sending",
    judged(p) {
      const text = p.warnings.map((w) => w.message).join(" "), box = p.face_box; // the square shows the face
      return { state: text ? "warned" : "good", text: text || "Good", aim: box && { objectPosition: `${50 * (box[0] + box[2])}% ${50 * (box[1] + box[3])}%` } };
    },
    tell(photos) {
      const said = new Map(photos.map((p) => [p.id, p]));
      for (const f of this.items) if (said.has(f.id)) Object.assign(f, this.judged(said.get(f.id)));
    },
    kept(p) { return { key: p.id, id: p.id, name: p.name, src: p.thumb_url, part: 1, ...this.judged(p) }; },
    add(list) {
      for (const file of list) {
        const local = URL.createObjectURL(file), large = file.size > this.maxBytes;
        this.items.push({ key: "new" + ++this.key, name: file.name, src: local, local, file: Vue.markRaw(file), part: 0, tries: 0,
          state: large ? "refused" : "waiting", text: large ? "Larger than 25 MB. Send a smaller copy." : "Waiting" });
      }
      this.pump();
    },
    pump() {
      if (!this.url) return;
      let free = 3 - this.items.filter((f) => f.state === "sending").length;
      for (const f of this.items) if (free > 0 && f.state === "waiting" && !f.rests) { free--; this.send(f); }
    },
    send(f) {
      const request = (f.request = Vue.markRaw(new XMLHttpRequest()));
      f.state = "sending"; f.text = "Uploading";
      request.open("PUT", `${window.path_prefix || ""}${this.url}?name=${encodeURIComponent(f.name)}`);
      request.upload.onprogress = (e) => { f.part = e.loaded / e.total; if (f.part === 1) f.text = "Looking at it"; };
      request.onloadend = () => { if (f.state === "sending") this.ended(f, request); this.pump(); };
      request.send(f.file);
    },
    ended(f, request) {
      let verdict = {};
      try { verdict = JSON.parse(request.responseText); } catch { /* a proxy's page, or nothing */ }
      const lost = !request.status || request.status >= 500 || request.status === 429;
      if (lost && ++f.tries < 6) {
        f.state = "waiting"; f.part = 0; f.rests = true; f.text = "No connection. Trying again by itself";
        setTimeout(() => { f.rests = false; this.pump(); }, 1000 * 2 ** f.tries);
      } else if (verdict.accepted || (f.tries && verdict.code === "duplicate")) { // it had arrived, the answer had not
        Object.assign(f, this.kept(verdict.photo), { key: f.key, src: f.src || verdict.photo.thumb_url, file: null });
      } else Object.assign(f, { state: verdict.code ? "refused" : "failed", text: verdict.message || "This photo did not arrive." });
      if (!this.busy(f)) { this.said = `${f.name}: ${f.text}`; this.$emit("changed"); }
    },
    again(f) { f.state = "waiting"; f.tries = 0; this.pump(); },
    async remove(f) {
      if (f.request && f.state === "sending") { f.state = "gone"; f.request.abort(); }
      if (f.id) {
        const answer = await fetch((window.path_prefix || "") + this.url + "/" + f.id, { method: "DELETE" }).catch(() => null);
        if (!answer?.ok && answer?.status !== 404) { f.text = "Could not be removed. Try again."; return; }
      }
      this.items = this.items.filter((other) => other !== f); this.said = `${f.name} removed`; this.$emit("changed");
    },
  },
};

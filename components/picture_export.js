// A picture to take away: in which shape and format. Links alone; the server cuts and marks it.
const SHAPES = [
  ["whole", "As it is"],
  ["print", "Print, 10 × 15 cm, 300 dpi"],
  ["square", "Square"],
  ["story", "Story, 9:16"],
  ["banner", "Banner, 3:1"],
];
const FORMATS = [
  ["jpeg", "JPEG"],
  ["png", "PNG"],
  ["webp", "WebP"],
];

export default {
  template: `
    <details class="advanced">
      <summary>
        Sizes and formats<i class="icon little icon-chevron-down" aria-hidden="true"></i>
      </summary>
      <div class="stack tight">
        <label class="field"><span>Shape</span>
          <select v-model="shape" class="input" aria-label="Shape">
            <option v-for="[value, text] in SHAPES" :key="value" :value="value">{{ text }}</option>
          </select>
        </label>
        <label class="field"><span>Format</span>
          <select v-model="format" class="input" aria-label="Format">
            <option v-for="[value, text] in FORMATS" :key="value" :value="value">{{ text }}</option>
          </select>
        </label>
        <a class="btn" :href="address" download>
          <i class="icon icon-download" aria-hidden="true"></i>Download
        </a>
        <p class="tiny muted">
          Cut around the face, without AI and at no cost. Passports, identity cards and visas need
          a photograph: offices refuse pictures that were made.
        </p>
      </div>
    </details>`,
  props: { id: String },
  data: () => ({ shape: "whole", format: "jpeg", SHAPES, FORMATS }),
  computed: {
    address() {
      const query = new URLSearchParams({ shape: this.shape, format: this.format });
      return `${window.path_prefix || ""}/api/images/${this.id}/export?${query}`;
    },
  },
};

// What is known of the picture that is shown: how it was made, and from which other one.
import PictureExport from "picture_export";

const WORDS = { not_her: "not the person", recognisable: "recognisable", close: "close" };
const FROM = {
  edit: "Edited from",
  inpaint: "Edited from",
  extend: "New format of",
  enlarge: "Enlarged from",
  cutout: "Cut out of",
  face: "A new face for",
};

// The number, where enough photos are there to say one, and the word: 90 is as the person's own.
function likeness({ likeness: number, likeness_word: word }) {
  const said = number === null ? [] : [`${Math.round(number)} (your own photos 90)`];
  return [...said, ...(word ? [WORDS[word]] : [])].join(": ");
}

const second = ({ second_likeness: number }) =>
  number === null ? null : `${Math.round(number)} (own photos 90)`;

// Fields of a recipe that have a place of their own in the details.
const SHOWN = ["prompt", "negative_prompt", "seed", "preset", "width", "height", "seeds", "made_by",
  "note", "hint"];

export default {
  template: `
    <aside class="stack" aria-label="Details">
      <p>{{ it.prompt }}</p>
      <div v-if="!it.deleted_at" class="stars" role="group" aria-label="Rating, keys 1 to 5">
        <button v-for="n in 5" :key="n" type="button" :aria-pressed="it.rating === n"
          :aria-label="n === 1 ? '1 star' : n + ' stars'" @click="$emit('rate', n)">
          <i :class="'icon icon-star' + (n <= it.rating ? '-filled' : '')" aria-hidden="true"></i>
        </button>
      </div>
      <dl class="facts">
        <template v-for="[name, value] in facts" :key="name">
          <dt>{{ name }}</dt><dd>{{ value }}</dd>
        </template>
        <dt>Made</dt><dd><local-time :datetime="it.created_at"></local-time></dd>
      </dl>
      <button v-if="parent" type="button" class="btn made-from" @click="$emit('turn', parent.id)">
        <img :src="parent.thumb_url" alt=""><span>{{ FROM[it.operation] }} this picture</span>
      </button>
      <a v-if="!it.deleted_at" class="btn" :href="'/studio?from=' + it.id">
        <i class="icon icon-sparkle" aria-hidden="true"></i>More like this
      </a>
      <PictureExport v-if="!it.deleted_at" :id="it.id"></PictureExport>
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
    </aside>`,
  components: { PictureExport },
  props: { it: Object, parent: Object },
  emits: ["rate", "turn"],
  data: () => ({ FROM }),
  computed: {
    facts() {
      const { it } = this;
      return [
        ["Model", [it.model_name, it.second_model_name].filter(Boolean).join(" and ")],
        ["Style", it.style],
        ["To avoid", it.recipe.negative_prompt],
        ["Made by", it.recipe.made_by],
        ["Followed", it.recipe.understood?.map((term) => term.label).join(", ")],
        ["Not followed", it.recipe.not_understood?.map((each) => each.word).join(", ")],
        ["Note", it.recipe.note],
        ["Hint", it.recipe.hint],
        [it.second_model_name ? `Likeness of ${it.model_name}` : "Likeness", likeness(it)],
        [`Likeness of ${it.second_model_name}`, second(it)],
        ["Likeness before", it.likeness_word && this.parent && likeness(this.parent)],
        ["Price", it.charged ? null : "Not charged: it did not look like the person"],
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
};

// The question before an action on many pictures, or before one that has no way back: how many they
// are, and what they look like. Loaded when it is first asked.
const pictures = (n) => `${n.toLocaleString()} ${n === 1 ? "picture" : "pictures"}`;

const QUESTIONS = {
  trash: {
    title: (n) => `Delete ${n}?`,
    note: "They stay in the trash for 30 days.",
    button: (n) => `Delete ${n}`,
    danger: true,
  },
  erase: {
    title: (n) => `Delete ${n} for ever?`,
    note: "There is no way to bring them back.",
    button: (n) => `Delete ${n} for ever`,
    danger: true,
  },
  restore: {
    title: (n) => `Restore ${n}?`,
    note: "They go back to the gallery.",
    button: (n) => `Restore ${n}`,
  },
  favourite: {
    title: (n) => `Mark ${n} as favourites?`,
    note: "You find them again with the filter “Favourites”.",
    button: (n) => `Mark ${n}`,
  },
  zip: {
    title: (n) => `Download ${n}?`,
    note: "They come as one ZIP file, with their recipes.",
    button: (n) => `Download ${n}`,
  },
};

export default {
  template: `
    <dialog class="sheet" aria-labelledby="picture-question"
      @close="$emit('answer', $el.returnValue === 'yes')">
      <form method="dialog" class="stack">
        <h2 id="picture-question">{{ question.title(number) }}</h2>
        <p>{{ question.note }}</p>
        <ul class="preview" role="list" aria-label="The pictures">
          <li v-for="it in items" :key="it.id">
            <img :src="it.thumb_url" :alt="it.prompt">
          </li>
          <li v-if="count > items.length" class="num">
            and {{ (count - items.length).toLocaleString() }} more
          </li>
        </ul>
        <div class="actions">
          <button class="btn" autofocus>Cancel</button>
          <button class="btn" :class="question.danger ? 'danger' : 'primary'" value="yes">
            {{ question.button(number) }}
          </button>
        </div>
      </form>
    </dialog>`,
  props: { action: String, count: Number, items: Array },
  emits: ["answer"],
  computed: {
    number() {
      return pictures(this.count);
    },
    question() {
      return QUESTIONS[this.action];
    },
  },
  mounted() {
    this.$el.showModal();
  },
};

// Lets this browser be told of what is ready: asks for permission, subscribes at the browser
// maker's push service, and hands the subscription to the page. What cannot work is said.
const BLOCKED = "You have blocked messages from this site. Allow them in the browser’s settings.";
const INSECURE = "Browsers take messages over https only.";
const UNABLE =
  "This browser takes no messages. On an iPhone or iPad, add Likeness to the home screen first.";
const FAILED = "The browser could not subscribe. Try again later.";

export default {
  template: `
  <div class="stack tight">
    <p v-if="problem || said" class="small muted" role="status">{{ problem || said }}</p>
    <div v-if="!problem" class="row">
      <button type="button" class="btn" :disabled="busy" @click="turn">
        <i class="icon icon-bell" aria-hidden="true"></i>
        <span>{{ told ? "Stop in this browser" : "Tell me in this browser" }}</span>
      </button>
    </div>
  </div>`,
  props: { applicationKey: String, told: Boolean },
  data() {
    return { busy: false, said: "", problem: problem() };
  },
  methods: {
    async turn() {
      this.busy = true;
      this.said = "";
      try {
        if (this.told) await this.stop();
        else await this.start();
      } catch {
        this.said = FAILED;
      } finally {
        this.busy = false;
      }
    },
    async start() {
      if ((await Notification.requestPermission()) !== "granted") {
        this.problem = problem();
        return;
      }
      const path = (window.path_prefix || "") + "/service-worker.js";
      await navigator.serviceWorker.register(path);
      const registration = await navigator.serviceWorker.ready;
      await (await registration.pushManager.getSubscription())?.unsubscribe();
      const subscription = await registration.pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: bytes(this.applicationKey),
      });
      this.$emit("subscribed", subscription.toJSON());
    },
    async stop() {
      const registration = await navigator.serviceWorker.getRegistration();
      await (await registration?.pushManager.getSubscription())?.unsubscribe();
      this.$emit("stopped");
    },
  },
};

// Why messages cannot come here; empty where they can.
function problem() {
  if (!window.isSecureContext) return INSECURE;
  if (!("serviceWorker" in navigator) || !("PushManager" in window)) return UNABLE;
  return Notification.permission === "denied" ? BLOCKED : "";
}

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

// Photos from a phone that is not signed in: the secret behind the `#` opens the way once, then
// each photo is sent by itself, three at a time, with its own thumbnail and verdict. A lost line
// is tried again.
document.addEventListener("DOMContentLoaded", () => {
  const AT_ONCE = 3;
  const TRIES = 6;
  const main = document.getElementById("main");
  const title = document.getElementById("phone-title");
  const intro = document.getElementById("phone-intro");
  const form = document.getElementById("phone-form");
  const list = document.getElementById("phone-photos");
  const count = document.getElementById("phone-count");
  const coach = document.getElementById("phone-set");
  const waiting = [];
  let sending = 0;
  let arrived = 0;
  let known = 0; // photos of the set that the coach has spoken of

  async function open() {
    const token = decodeURIComponent(location.hash.slice(1));
    if (!token) return refuse("Scan the code on the other screen with your phone’s camera.");
    const request = {
      method: "POST",
      headers: { accept: "application/json", "content-type": "application/json" },
      body: JSON.stringify({ token }),
    };
    try {
      const response = await fetch("/phone/open", request);
      const said = await response.json();
      if (response.ok) welcome(said);
      else refuse(said.message);
    } catch {
      refuse("No connection. Load this page again.");
    }
  }

  function welcome({ name, until }) {
    title.textContent = `Photos for “${name}”`;
    intro.textContent = "One person, clearly seen. Different days, places and light teach most.";
    const time = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
    document.getElementById("phone-until").textContent = time.format(new Date(until));
    form.hidden = false;
  }

  function refuse(text) {
    intro.textContent = text;
    form.hidden = true;
  }

  function add(input) {
    for (const file of input.files) waiting.push(shown(file));
    input.value = "";
    pump();
  }

  // A photo with its place in the list.
  function shown(file) {
    const item = document.createElement("li");
    item.className = "photo waiting";
    const frame = item.appendChild(document.createElement("div"));
    frame.className = "photo-frame";
    const image = frame.appendChild(document.createElement("img"));
    image.alt = `Photo ${file.name}`;
    image.src = URL.createObjectURL(file);
    image.onload = () => URL.revokeObjectURL(image.src);
    image.onerror = () => image.replaceWith(file.name); // a format that browsers do not show
    const bar = frame.appendChild(document.createElement("progress"));
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", `Uploading ${file.name}`);
    const text = item.appendChild(document.createElement("p"));
    text.className = "tiny";
    text.textContent = "Waiting";
    list.append(item);
    return { file, item, bar, text, tries: 0 };
  }

  function pump() {
    while (sending < AT_ONCE && waiting.length) {
      sending++;
      send(waiting.shift());
    }
  }

  function send(photo) {
    if (photo.file.size > Number(main.dataset.maxBytes)) {
      return done(photo, { message: "Larger than 25 MB. Send a smaller copy." });
    }
    const request = new XMLHttpRequest();
    photo.text.textContent = "Uploading";
    request.open("PUT", `/phone/photos?name=${encodeURIComponent(photo.file.name)}`);
    request.setRequestHeader("accept", "application/json");
    request.upload.onprogress = (event) => {
      photo.bar.value = event.loaded / event.total;
      if (photo.bar.value === 1) photo.text.textContent = "Looking at it";
    };
    request.onloadend = () => ended(photo, request);
    request.send(photo.file);
  }

  function ended(photo, request) {
    const isLost = !request.status || request.status >= 500 || request.status === 429;
    if (isLost && ++photo.tries < TRIES) {
      photo.text.textContent = "No connection. Trying again by itself";
      setTimeout(() => send(photo), 1000 * 2 ** photo.tries);
      return;
    }
    const said = answer(request);
    // a duplicate after a try: the photo had arrived, and only the answer was lost
    if (photo.tries && said.code === "duplicate") said.accepted = true;
    done(photo, said);
  }

  // What the whole set needs next; answers may overtake each other.
  function advise(set) {
    if (!set || set.count < known) return;
    known = set.count;
    coach.textContent = set.message;
  }

  function done(photo, { accepted, message, set }) {
    sending--;
    if (accepted) arrived++;
    photo.bar.remove();
    photo.item.className = `photo ${accepted ? "good" : "refused"}`;
    photo.text.textContent = message || "This photo did not arrive.";
    count.textContent = arrived === 1 ? "1 photo arrived" : `${arrived} photos arrived`;
    advise(set);
    pump();
  }

  function answer(request) {
    try {
      return JSON.parse(request.responseText);
    } catch {
      return {};
    }
  }

  for (const input of form.querySelectorAll("input")) {
    input.addEventListener("change", () => add(input));
  }
  addEventListener("beforeunload", (event) => {
    if (sending) event.preventDefault();
  });
  addEventListener("hashchange", () => location.reload());
  open();
});

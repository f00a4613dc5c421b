// The page that checks a picture: dropped, pasted or chosen, it is sent at once, and shown beside
// its answer. Without this script the form sends itself by its button.
document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("verify");
  const input = form.querySelector("input[type=file]");
  const pick = form.querySelector(".dropzone-pick");
  const verdict = document.getElementById("verdict");
  let shown = "";

  async function check(file) {
    if (!file || form.classList.contains("busy")) return;
    form.classList.add("busy");
    say("Looking at the picture …");
    try {
      const body = new FormData();
      body.append("file", file);
      const headers = { accept: "text/html" };
      const answer = await fetch("/verify", { method: "POST", body, headers });
      show(await answer.text(), file);
    } catch {
      say("The picture could not be sent. Check your connection and try again.");
    } finally {
      form.classList.remove("busy");
      input.value = "";
    }
  }

  function say(text) {
    const line = document.createElement("p");
    line.textContent = text;
    verdict.replaceChildren(line);
  }

  function show(html, file) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const found = page.getElementById("verdict");
    if (!found) return say(page.querySelector("main")?.textContent || "Try again later.");
    verdict.replaceChildren(picture(file), ...found.childNodes);
    verdict.focus();
    pick.querySelector("b").textContent = "Check another picture";
  }

  function picture(file) {
    URL.revokeObjectURL(shown);
    shown = URL.createObjectURL(file);
    const image = document.createElement("img");
    image.alt = "The picture that was checked";
    image.onerror = () => image.remove();
    image.src = shown;
    return image;
  }

  input.addEventListener("change", () => check(input.files[0]));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    check(input.files[0]);
  });
  document.addEventListener("paste", (event) => check(event.clipboardData.files[0]));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    check(event.dataTransfer.files[0]);
  });
});

// Files by drag and drop, streamed with progress: `form[data-upload]` names the address.
import { say, signInAgain } from "./live.js";

function show(form, text) {
  form.querySelector("[data-upload-text]").textContent = text;
}

function send(form, file) {
  const bar = form.querySelector("progress");
  const request = new XMLHttpRequest();
  const size = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  request.open("POST", form.dataset.upload);
  request.setRequestHeader("X-CSRF-Token", form.elements.csrf.value);
  // Another file is another upload; the same one again is a repeat.
  const key = [form.elements.form_key.value, file.lastModified, file.size].join("-");
  request.setRequestHeader("X-Form-Key", key);
  request.setRequestHeader("X-Console-Part", "1");
  request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
  request.setRequestHeader("Content-Disposition", `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`);
  bar.hidden = false;
  request.upload.onprogress = (event) => {
    if (!event.lengthComputable) return;
    bar.max = event.total;
    bar.value = event.loaded;
    show(form, `${file.name}: ${size(event.loaded)} of ${size(event.total)}`);
  };
  request.onload = () => {
    if (request.status === 401) return signInAgain();
    const next = request.getResponseHeader("Location");
    if (request.status < 400 && next) return location.assign(form.dataset.then || next);
    bar.hidden = true;
    show(form, detailOf(request));
  };
  request.onerror = () => {
    bar.hidden = true;
    show(form, "The upload was interrupted. Choose the file again.");
    say("");
  };
  request.send(file);
}

function detailOf(request) {
  try {
    return JSON.parse(request.responseText).detail;
  } catch {
    return `The file was not accepted (${request.status}).`;
  }
}

export function acceptDrops() {
  for (const form of document.querySelectorAll("form[data-upload]")) {
    const zone = form.querySelector(".drop");
    const input = form.querySelector("input[type=file]");
    const mark = (isOver) => (event) => {
      event.preventDefault();
      zone.classList.toggle("over", isOver);
    };
    zone.addEventListener("dragover", mark(true));
    zone.addEventListener("dragleave", mark(false));
    zone.addEventListener("drop", (event) => {
      mark(false)(event);
      if (event.dataTransfer.files[0]) send(form, event.dataTransfer.files[0]);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      if (input.files[0]) send(form, input.files[0]);
    });
  }
}

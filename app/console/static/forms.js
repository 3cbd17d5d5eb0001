// Dialogs, filters, boxes that check all others; a form is sent once.
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

function onClick(event) {
  closeMenus(event.target.closest("details.menu"));
  const opener = event.target.closest("[data-confirm]");
  if (opener) {
    event.preventDefault();
    document.getElementById(opener.dataset.confirm).showModal();
  }
  event.target.closest("[data-close]")?.closest("dialog").close();
  const copier = event.target.closest("[data-copy]");
  if (copier) navigator.clipboard?.writeText(copier.dataset.copy);
}

function onKey(event) {
  if (event.key === "Escape") closeMenus(null);
  const opener = event.target.closest?.("[role=button][data-confirm]");
  if (opener && event.key === " ") {
    event.preventDefault();
    opener.click();
  }
}

// The buttons stay focusable, and their names are sent; a second press has no effect.
function onSubmit(event) {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button:not([type=button])")) {
    button.setAttribute("aria-disabled", "true");
  }
}

function onChange(event) {
  const input = event.target;
  if (input.matches("[data-filters] select, [data-filters] input[type=checkbox], [data-filters] input[type=date]")) {
    input.form.requestSubmit();
  }
  if (input.dataset.checkAll) {
    for (const box of document.querySelectorAll(`input[name="${CSS.escape(input.dataset.checkAll)}"]`)) {
      box.checked = input.checked;
    }
  }
}

export function watchForms() {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  document.addEventListener("submit", onSubmit);
  document.addEventListener("change", onChange);
  // A page that comes back from the browser's cache may be sent again.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
    }
  });
}

// Makes pages of the console livelier; each of them works without it.
import { keepLive } from "./live.js";
import { watchForms } from "./forms.js";
import { showTimes } from "./times.js";
import { acceptDrops } from "./upload.js";

keepLive(showTimes);
watchForms();
acceptDrops();
showTimes(document);
setInterval(() => showTimes(document), 30000);

for (const link of document.querySelectorAll("nav [aria-current]")) link.scrollIntoView({ block: "nearest", inline: "center" });
for (const part of document.querySelectorAll("[data-focus]")) part.focus();

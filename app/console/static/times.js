// Times in the viewer's zone: `<time datetime>`, with `data-relative` as "3 hours ago".
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const FAR = 7 * 86400;

export function relativeText(seconds) {
  const size = Math.abs(seconds);
  const [unit, length] = UNITS.find(([, each]) => size >= each) ?? UNITS[3];
  return size < 10 ? "now" : relative.format(Math.trunc(seconds / length), unit);
}

export function showTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const seconds = (moment - Date.now()) / 1000;
    const isNear = "relative" in element.dataset && Math.abs(seconds) < FAR;
    const text = isNear ? relativeText(seconds) : absolute.format(moment);
    if (element.textContent !== text) element.textContent = text;
    element.title = exact.format(moment);
  }
}

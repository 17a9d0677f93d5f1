// The table of all runs: sorted, filtered and grouped without a library.
const overview = document.getElementById("overview");
const rows = overview ? [...overview.querySelectorAll("tbody tr[data-anchor]")] : [];
const order = { by: "attention", down: false };

function keyOf(row) {
  const cell = row.querySelector("[data-key='" + order.by + "']");
  const value = cell ? cell.dataset.value : row.dataset[order.by];
  return value === "" ? null : isNaN(value) ? value.toLowerCase() : Number(value);
}

function groupOf(row, wanted) {
  if (wanted === "verdict") return row.dataset.verdict;
  return JSON.parse(row.dataset.tags).filter(([name]) => name === wanted).map(([, value]) => value).join(", ") || say("without this tag");
}

function arrange() {
  const wanted = document.getElementById("group").value, grouped = wanted !== "-";
  const text = document.getElementById("search").value.trim().toLowerCase();
  const verdict = document.getElementById("verdicts").value;
  const body = overview.querySelector("tbody");
  const shown = [];
  for (const row of rows) {
    row.hidden = !((!text || row.dataset.text.includes(text)) && (!verdict || row.dataset.verdict === verdict));
    const section = document.getElementById(row.dataset.anchor);
    if (section) section.hidden = row.hidden;
    if (!row.hidden) shown.push(row);
  }
  const keys = new Map(rows.map(row => [row, keyOf(row)]));
  const before = (a, b) => a === b ? 0 : a === null ? 1 : b === null ? -1 : (a < b ? -1 : 1) * (order.down ? -1 : 1);
  const sorted = rows.map((row, index) => [row, index]).sort((a, b) => before(keys.get(a[0]), keys.get(b[0])) || a[1] - b[1]).map(pair => pair[0]);
  body.querySelectorAll("tr.group").forEach(row => row.remove());
  const groups = new Map();
  for (const row of sorted) {
    const group = grouped ? groupOf(row, wanted) : "";
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(row);
  }
  for (const [group, members] of groups) {
    const seen = members.filter(row => !row.hidden).length;
    if (grouped && seen) {
      const head = document.createElement("tr"), cell = document.createElement("th");
      head.className = "group";
      cell.colSpan = overview.querySelectorAll("thead th").length;
      cell.textContent = group + " · " + seen;
      head.append(cell);
      body.append(head);
    }
    body.append(...members);
  }
  body.append(...body.querySelectorAll("tr.unreadable"));
  document.getElementById("found").textContent = say("{shown} of {count} runs", { shown: shown.length, count: rows.length });
  for (const button of overview.querySelectorAll("thead button")) {
    const on = button.dataset.sort === order.by;
    button.closest("th").setAttribute("aria-sort", on ? (order.down ? "descending" : "ascending") : "none");
  }
}

if (rows.length) {
  for (const button of overview.querySelectorAll("thead button")) {
    button.addEventListener("click", function () {
      order.down = order.by === button.dataset.sort && !order.down;
      order.by = button.dataset.sort;
      arrange();
    });
  }
  for (const id of ["search", "group", "verdicts"]) document.getElementById(id).addEventListener("input", arrange);
  // Another address, or a key, leads to a run that is filtered away: it is shown again.
  addEventListener("hashchange", function () {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.hidden) { target.hidden = false; target.scrollIntoView(); }
  });
  arrange();
}

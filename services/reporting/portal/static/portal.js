// Sorting of tables by their headings. Everything can be read without it.
"use strict";

for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((cell, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener("click", () => sort(table, body, cell, column));
  });
}

function sort(table, body, cell, column) {
  const up = cell.getAttribute("aria-sort") !== "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  cell.setAttribute("aria-sort", up ? "ascending" : "descending");
  const rows = [...body.rows].map((row) => [key(row.cells[column]), row]);
  rows.sort(([a], [b]) => compare(a, b, up));
  body.append(...rows.map(([, row]) => row));
}

// A number, a word, or nothing where it is unknown.
function key(cell) {
  const exact = cell.querySelector("data");
  if (exact) return Number(exact.value);
  if ("sort" in cell.dataset) return cell.dataset.sort;
  return cell.classList.contains("num") || cell.parentNode.classList.contains("unknown") && !cell.querySelector("a") ? "" : cell.textContent.trim();
}

// What is unknown stays at the end, whichever way round.
function compare(a, b, up) {
  if (a === "" || b === "") return (a === "") - (b === "");
  const order = typeof a === "number" ? a - b : String(a).localeCompare(String(b), document.documentElement.lang);
  return up ? order : -order;
}

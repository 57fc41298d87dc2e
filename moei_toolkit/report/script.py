"""The script of a page: tables that sort, sliders that slide. Without it everything can still be read."""

from __future__ import annotations

SCRIPT = """
"use strict";

const collator = new Intl.Collator("en", { numeric: true });
const following = { none: "ascending", ascending: "descending", descending: "none" };

function make(tag, properties, ...content) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...content);
  return element;
}

function compare(first, second, sign) {
  const blanks = first.hasAttribute("data-blank") - second.hasAttribute("data-blank");
  if (blanks) return blanks;
  if ("value" in first.dataset && "value" in second.dataset)
    return sign * (first.dataset.value - second.dataset.value);
  return sign * collator.compare(first.textContent, second.textContent);
}

function makeSortable(table) {
  const body = table.tBodies[0], rows = [...body.rows], heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if (rows.length < 2 || !head.textContent.trim()) return;
    const button = make("button", { type: "button" }, ...head.childNodes);
    head.append(button);
    head.ariaSort = "none";
    button.addEventListener("click", () => {
      const order = following[head.ariaSort];
      for (const other of heads) if (other.ariaSort) other.ariaSort = "none";
      head.ariaSort = order;
      const sign = order === "ascending" ? 1 : -1;
      const sorted = [...rows].sort((a, b) => compare(a.cells[column], b.cells[column], sign));
      body.append(...(order === "none" ? rows : sorted));
    });
  });
}

function makeSlider(slider) {
  const frame = slider.querySelector(".frame"), versions = [...frame.children];
  const shown = { before: null, after: null }, choices = {};

  function show(side, version) {
    const other = side === "before" ? "after" : "before";
    if (shown[other] === version) put(other, shown[side]);
    put(side, version);
  }

  function put(side, version) {
    shown[side]?.classList.remove(side);
    shown[side] = version;
    version.classList.add(side);
    choices[side].value = version.dataset.name;
    for (const one of versions)
      one.classList.toggle("other", one !== shown.before && one !== shown.after);
  }

  const range = make("input", { type: "range", min: 0, max: 100, step: 1, value: 50 });
  const move = () => {
    frame.style.setProperty("--at", range.value + "%");
    range.ariaValueText = `${range.value}% ${shown.before.dataset.name}, then ${shown.after.dataset.name}`;
  };
  for (const side of ["before", "after"]) {
    choices[side] = make("select", { ariaLabel: side === "before" ? "Left" : "Right" });
    for (const version of versions) choices[side].append(make("option", {}, version.dataset.name));
    put(side, frame.querySelector("." + side));
    choices[side].addEventListener("change", () => {
      show(side, versions[choices[side].selectedIndex]);
      move();
    });
  }
  range.ariaLabel = "Where the left picture ends";
  range.addEventListener("input", move);
  frame.append(make("span", { className: "divider" }), range);
  frame.after(make("div", { className: "choices" }, choices.before, choices.after));
  slider.classList.add("live");
  move();
}

document.querySelectorAll("table.sortable").forEach(makeSortable);
document.querySelectorAll(".slider").forEach(makeSlider);

let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  for (const details of closed) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of closed) details.open = false;
});
""".strip()

"""The style of a page: on a screen of any width, in the dark, and on paper."""

from __future__ import annotations

from moei_toolkit.report.palette import declarations

_COLOURS = f"""
:root {{ color-scheme: light dark; {declarations(dark=False)} }}
@media screen and (prefers-color-scheme: dark) {{ :root {{ {declarations(dark=True)} }} }}
"""

_TEXT = """
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; padding: 0 1rem 4rem; overflow-wrap: break-word;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  color: var(--ink); background: var(--surface);
}
h1, h2, h3, h4 { line-height: 1.25; text-wrap: balance; margin: 0; }
h1 { font-size: clamp(1.6rem, 1.2rem + 2vw, 2.3rem); letter-spacing: -.015em; }
h2 { font-size: 1.4rem; letter-spacing: -.01em; padding-top: 1.1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; }
h4 { font-size: .95rem; }
p { margin: .5rem 0 0; max-width: 70ch; }
a { color: var(--accent); text-underline-offset: .15em; }
figure, dl, dd { margin: 0; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.note, figcaption { color: var(--muted); font-size: .875rem; line-height: 1.45; }
.block { margin-top: 1.75rem; }
section { margin-top: 3rem; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); }
"""

_LAYOUT = """
.page { max-width: 66rem; margin: 0 auto; }
main { min-width: 0; }
nav { margin-top: 1.5rem; font-size: .9rem; }
nav ol { list-style: none; display: flex; flex-wrap: wrap; gap: .4rem; margin: 0; padding: 0; }
nav a {
  display: block; padding: .3rem .7rem; border-radius: 1rem;
  background: var(--raised); color: var(--ink); text-decoration: none;
}
nav a:hover { color: var(--accent); }
.grid { display: grid; gap: 2rem 1.5rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); }
.grid > .block { margin-top: 0; }
h3 + .grid { margin-top: .75rem; }
@media screen and (min-width: 84rem) {
  .page { max-width: 80rem; display: grid; grid-template-columns: 10.5rem minmax(0, 1fr); gap: 0 3.5rem; }
  header { grid-column: 2; }
  nav { grid-row: 1 / span 3; margin: 0; }
  main, footer { grid-column: 2; }
  nav ol { position: sticky; top: 2.6rem; margin-top: 2.6rem; display: block; }
  nav a { background: none; padding: .25rem 0; }
}
"""

_HEADLINE = """
header { padding-top: 2.4rem; }
.finding { font-size: clamp(1.1rem, 1rem + .5vw, 1.3rem); line-height: 1.45; margin-top: .8rem; }
.numbers { display: flex; flex-wrap: wrap; margin-top: 1.5rem; overflow: hidden;
  border: 1px solid var(--line); border-radius: .6rem; }
.numbers > div { flex: 1 1 9.5rem; display: flex; flex-direction: column-reverse; justify-content: flex-end;
  padding: .9rem 1rem; margin: -1px 0 0 -1px; border: solid var(--line); border-width: 1px 0 0 1px; }
.numbers .value { font-size: 2rem; font-weight: 650; line-height: 1.15; letter-spacing: -.02em;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
.numbers .unit { font-size: 1rem; font-weight: 500; letter-spacing: 0; color: var(--muted); }
.numbers dt { margin-top: .25rem; font-size: .85rem; line-height: 1.4; color: var(--muted); }
"""

_TABLES = """
.scroll { overflow-x: auto; margin-top: .6rem;  /* a shadow at the right while there is more to the right */
  background: linear-gradient(to left, var(--surface) 40%, transparent) right / 3rem 100% no-repeat local,
    linear-gradient(to left, var(--line), transparent) right / 1rem 100% no-repeat scroll; }
table { border-collapse: collapse; font-size: .925rem; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .8rem; border-bottom: 1px solid var(--line); white-space: nowrap;
  vertical-align: top; }
th { font-weight: 600; text-align: left; }
tbody th { font-weight: 500; }
th:first-child { padding-left: 0; position: sticky; left: 0; z-index: 1; background: var(--surface); }
.number { text-align: right; }
td.text { text-align: left; }
.long { white-space: normal; min-width: 18rem; max-width: 34rem; }
@media (max-width: 40rem) {
  td.text { white-space: normal; min-width: 9rem; }
  td.long { min-width: 12rem; }
  tbody th, th.long { min-width: 7.5rem; white-space: normal; }
  th, td { padding: .4rem .5rem; }
}
tbody tr:hover { background: var(--raised); }
thead button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
thead button::after { content: "\\2195"; display: inline-block; width: 1em; text-align: center;
  color: var(--muted); opacity: .55; }
thead .number button { margin-right: -.35em; }
[aria-sort=ascending] button::after { content: "\\2191"; color: var(--accent); opacity: 1; }
[aria-sort=descending] button::after { content: "\\2193"; color: var(--accent); opacity: 1; }
.verdict { font-weight: 650; }
.verdict.pass { color: var(--good); }
.verdict.fail { color: var(--bad); }
.verdict.not-measured { color: var(--muted); }
.mark { display: inline-block; width: 1.2em; }
"""

_CARDS = """
.cards { columns: 26rem 2; column-gap: 1.25rem; }
.card { break-inside: avoid; margin-bottom: 1.25rem; padding: .8rem 1rem .4rem; border: 1px solid var(--line);
  border-radius: .6rem; }
.card h3 { display: flex; flex-wrap: wrap; gap: 0 .6rem; text-wrap: wrap; }
.card .title { flex: 1 1 8.5rem; }
.card .title::first-letter { text-transform: uppercase; }
.card h3 b { color: var(--muted); font-variant-numeric: tabular-nums; }
.card h3 .verdict { font-size: .925rem; line-height: 1.4; white-space: nowrap; }
.card ul { list-style: none; margin: .5rem 0 0; padding: 0; font-size: .925rem; line-height: 1.4; }
.card li { display: grid; grid-template-columns: 1.4em 1fr fit-content(60%); gap: 0 .6rem; padding: .4rem 0;
  border-top: 1px solid var(--line); }
.card .measured { font-weight: 600; font-variant-numeric: tabular-nums; text-align: right; }
.card .whole { display: inline-block; }
.card .condition { grid-column: 2 / 4; color: var(--muted); font-size: .875rem; }
"""

_FIGURES = """
.panels { display: grid; gap: 1rem 1.5rem; margin-top: .6rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); }
.panels.of-1 { max-width: 28rem; }
.panels.of-2 { max-width: 48rem; }
.panels.of-4 { max-width: 56rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); }
.panels svg { display: block; width: 100%; height: auto; }
.panels text { font-variant-numeric: tabular-nums; }
figcaption { margin-top: .5rem; max-width: 75ch; }
figcaption a { white-space: nowrap; }
.missing { padding: 1.2rem; border: 1px dashed var(--line); border-radius: .6rem; color: var(--muted); }
@media screen and (min-width: 60rem) {
  section > .chart:has(> .of-1) { display: grid; grid-template-columns: 28rem 1fr; gap: 0 2rem; }
  section > .chart:has(> .of-1) > h3 { grid-column: 1 / 3; }
  section > .chart:has(> .of-1) > figcaption { max-width: 40ch; margin-top: 1.5rem; }
}
details { border: 1px solid var(--line); border-radius: .6rem; }
summary { padding: .7rem 1rem; cursor: pointer; font-weight: 600; }
pre { margin: 0; padding: 0 1rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere;
  font: .8rem/1.5 ui-monospace, Menlo, Consolas, monospace; }
"""

_SLIDERS = """
.slider { min-width: 0; }
.frame { display: grid; gap: .5rem; margin-top: .4rem;
  grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); }
.frame img { display: block; width: 100%; height: auto; background: var(--raised); }
.live .frame { display: block; position: relative; aspect-ratio: var(--ratio); overflow: hidden;
  border-radius: .4rem; }
.live .version { position: absolute; inset: 0; }
.live .version.other { display: none; }
.live .version.before { z-index: 1; clip-path: inset(0 calc(100% - var(--at, 50%)) 0 0); }
.live .frame img { height: 100%; }
.live figcaption {
  position: absolute; bottom: .4rem; margin: 0; padding: .1rem .45rem; border-radius: .3rem;
  font-size: .75rem; color: #fff; background: rgb(0 0 0 / 62%); white-space: nowrap;
}
.live .before figcaption { left: .4rem; }
.live .after figcaption { right: .4rem; }
.divider { position: absolute; z-index: 2; top: 0; bottom: 0; left: var(--at, 50%); width: 2px;
  margin-left: -1px; background: #fff; box-shadow: 0 0 4px rgb(0 0 0 / 60%); pointer-events: none; }
.divider::after { content: "\\2194"; position: absolute; top: 50%; left: 50%; width: 1.7rem; height: 1.7rem;
  transform: translate(-50%, -50%); border-radius: 50%; font: 1rem/1.7rem system-ui, sans-serif;
  text-align: center; color: #1b1f24; background: #fff; box-shadow: 0 0 4px rgb(0 0 0 / 60%); }
.frame input { position: absolute; z-index: 3; inset: 0; width: 100%; height: 100%; margin: 0;
  cursor: ew-resize; appearance: none; background: none; touch-action: pan-y; }
.frame input::-webkit-slider-thumb { appearance: none; width: 2px; height: 100%; }
.frame input::-moz-range-thumb { width: 2px; height: 100%; border: 0; background: none; }
.frame input:focus-visible { outline-offset: -3px; }
.choices { display: flex; justify-content: space-between; gap: .5rem; margin-top: .4rem; }
select { font: inherit; font-size: .85rem; max-width: 48%; padding: .15rem .3rem; border-radius: .3rem;
  border: 1px solid var(--line); color: inherit; background: var(--raised); }
"""

_PRINT = """
@media print {
  @page { margin: 14mm; }
  body { font-size: 10pt; padding: 0; }
  nav, .choices, .frame input, .divider, figcaption a { display: none; }
  section { margin-top: 1.6rem; }
  h2, h3, h4, h2 + p { break-after: avoid; }
  figure, thead, tr, .slider, .numbers, .card, .table:not(:has(tr:nth-child(20))) { break-inside: avoid; }
  .cards { columns: 2 auto; }
  .card { padding: .5rem .7rem; }
  .scroll { overflow: visible; }
  table { font-size: 8.5pt; }
  th, td { padding: .25rem .5rem; white-space: normal; }
  th, td.text { overflow-wrap: anywhere; }
  tbody th { min-width: 4.5rem; }
  th:first-child { position: static; }
  .long { min-width: 0; }
  .grid:has(> .slider) { grid-template-columns: 1fr; }
  .numbers > div { flex-basis: 7rem; padding: .6rem; }
  .numbers .value { font-size: 1.35rem; }
  .note { break-before: avoid; }
  thead button { display: contents; }  /* a button keeps a head from being repeated on the next page */
  thead button::after { content: none; }
  .live .frame { display: grid; grid-template-columns: 1fr 1fr; aspect-ratio: auto; overflow: visible;
    max-width: 130mm; }
  .live .frame img { height: auto; }
  .live .version { position: static; }
  .live .version.before { clip-path: none; }
  .live figcaption { position: static; padding: 0; color: inherit; background: none; }
  .panels, .panels.of-4 { grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); }
  pre { white-space: pre-wrap; font-size: 7.5pt; }
}
"""

STYLE = "".join((_COLOURS, _TEXT, _LAYOUT, _HEADLINE, _TABLES, _CARDS, _FIGURES, _SLIDERS, _PRINT)).strip()

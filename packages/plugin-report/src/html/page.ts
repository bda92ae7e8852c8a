import { chartStyle } from './charts/line-chart-markup.js'
import { markup, trusted } from './markup.js'
import type { Markup } from './markup.js'

/** A section, drawn. */
export interface DrawnSection {
  readonly id: string
  readonly title: string
  readonly content: readonly Markup[]
}

const style = `
:root { color-scheme: light dark; --ink: #1c1c1e; --soft: #55555c; --line: #d8d8de; --ground: #ffffff; --raised: #f5f5f8; --accent: #0057a3; --good: #00613f; --bad: #9c2f00; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf0; --soft: #b4b4be; --line: #3c3c46; --ground: #16161a; --raised: #22222a; --accent: #7fbaff; --good: #62d6a4; --bad: #ff9f73; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif; }
header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.35rem; margin: 2.75rem 0 .75rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
h3, h4, h5 { margin: 1.5rem 0 .5rem; }
a { color: var(--accent); }
nav ul { list-style: none; padding: 0; margin: 1rem 0 0; display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
.name { overflow-wrap: anywhere; }
.sub, .note, figcaption, caption { color: var(--soft); font-size: .9rem; }
.answer { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; margin: .5rem 0; }
.big { font-size: 2.6rem; font-weight: 650; line-height: 1.1; }
.rivals { padding-left: 1.2rem; }
.rivals li { margin: .3rem 0; }
.verdict { font-style: normal; font-weight: 650; }
.better .verdict, .right .sign { color: var(--good); }
.worse .verdict, .wrong .sign, .missing strong { color: var(--bad); }
.word { border-left: 4px solid var(--bad); padding-left: .75rem; }
.table, .graph, pre { overflow-x: auto; }
.table { margin: 1rem 0 .25rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
caption { text-align: left; padding: 0 0 .4rem; max-width: calc(100vw - 2.5rem); }
th, td { padding: .3rem .5rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; vertical-align: top; }
th.text, td.text, tbody th, thead th:first-child { text-align: left; }
td.text { white-space: normal; min-width: 6rem; }
tbody th { font-weight: 600; background: var(--ground); position: sticky; left: 0; }
thead th { border-bottom: 2px solid var(--soft); white-space: normal; vertical-align: bottom; }
.interval { color: var(--soft); font-size: .92em; } td .interval { display: block; line-height: 1.2; }
figure { margin: 1.25rem 0; }
.chart { overflow-x: auto; }
img { max-width: 100%; height: auto; background: #ffffff; border-radius: 4px; }
.graph { max-height: 36rem; overflow: auto; } .graph img { max-width: none; height: 30rem; width: auto; }
.charts, .gallery, .figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: 1rem; }
.charts, .figures { grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); align-items: start; }
.charts figure, .figures figure { margin: 0; min-width: 0; }
.card { margin: 0; padding: .75rem; background: var(--raised); border-radius: 8px; break-inside: avoid; }
.votes { list-style: none; margin: .5rem 0 0; padding: 0; display: grid; grid-template-columns: 1fr 1fr; gap: 0 .75rem; }
.case { margin: 1rem 0; padding: .25rem 1rem .5rem; background: var(--raised); border-radius: 8px; display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, max-content); gap: 0 1.5rem; }
.case > h3, .case > .sub { grid-column: 1 / -1; margin: .5rem 0 0; overflow-wrap: anywhere; } .case tbody th { background: none; position: static; }
.case .pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 11rem), 1fr)); gap: .75rem; align-content: start; align-items: start; margin: .75rem 0; }
.case figure { margin: 0; } .case figure img { width: 100%; } .case figcaption { line-height: 1.3; }
.members caption { max-width: min(28rem, calc(100vw - 4.5rem)); } .members .note { font-size: 1em; } .members td, .members th { padding: .15rem .5rem; } .members tbody th { font-weight: 400; } .members th[scope=rowgroup] { font-weight: 600; text-align: left; padding-top: .5rem; }
svg.share { width: 7rem; height: .8rem; display: block; margin-top: .3rem; } .share .for { fill: var(--good); } .share .against { fill: var(--bad); } .share line { stroke: var(--soft); vector-effect: non-scaling-stroke; }
@media (max-width: 60rem) { .case { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 30rem) { .case .pictures { grid-template-columns: 1fr 1fr; } .case { padding: .25rem .75rem .5rem; } .members td, .members th { padding: .15rem .25rem; } svg.share { width: 3.5rem; } .members td.text { min-width: 0; } .members td:nth-child(2) { min-width: 5.75rem; } }
dl.facts { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .35rem 1.25rem; }
dl.facts dt { font-weight: 600; } dl.facts dd { margin: 0; min-width: 0; overflow-wrap: anywhere; } dl.facts dd > :first-child { margin-top: 0; } dl.facts dd > :last-child { margin-bottom: 0; }
ul.columns { columns: 16rem; } ul { overflow-wrap: anywhere; }
pre { background: var(--raised); padding: 1rem; border-radius: 8px; font-size: .85rem; }
code { font-family: ui-monospace, 'Cascadia Code', 'DejaVu Sans Mono', monospace; font-size: .92em; overflow-wrap: anywhere; }
pre code { overflow-wrap: normal; }
summary { cursor: pointer; padding: .4rem 0; color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
footer { margin-top: 3rem; padding-bottom: 2rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 40rem) { dl.facts { grid-template-columns: 1fr; } dl.facts dd { margin-bottom: .5rem; } .big { font-size: 2.1rem; } tbody th { position: static; } }
@page { margin: 14mm 12mm; }
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #333; --line: #bbb; --ground: #fff; --raised: #fff; --accent: #000; --good: #000; --bad: #000; }
  body { font-size: 10pt; } header, main, footer { max-width: none; padding: 0; } nav { display: none; }
  section { break-inside: auto; } h2 { break-after: avoid; } figure, tr, .card { break-inside: avoid; }
  .table, .chart, .graph, pre { overflow: visible; max-height: none; } table { font-size: 7.5pt; width: 100%; } th, td { padding: .15rem .25rem; white-space: normal; } tbody th { position: static; }
  .name { overflow-wrap: break-word; } .charts, .figures, .gallery { grid-template-columns: 1fr 1fr; gap: .5rem 1rem; } .charts figure:has(.panel:nth-child(3)) { grid-column: 1 / -1; } h2 + p { break-after: avoid; }
  details::details-content { content-visibility: visible; display: block; height: auto; } summary { list-style: none; font-weight: 600; }
  pre { white-space: pre-wrap; font-size: 6.5pt; columns: 3; } .graph img { max-width: 100%; height: auto; } .card, .case { border: 1px solid #bbb; } .case { break-inside: avoid; grid-template-columns: minmax(0, 1fr) max-content; gap: 0 .75rem; } .case .table { overflow: visible; } .case .pictures { grid-template-columns: repeat(auto-fill, minmax(36mm, 1fr)); } .case figure img { max-height: 60mm; width: auto; } .case figcaption, .case caption, .members .note { font-size: 7.5pt; } .members { width: auto; } .members th, .members td { white-space: nowrap; } svg.share { width: 22mm; margin-top: .1rem; }
  .share .for { fill: #000; } .share .against { fill: #999; }
}
`

/**
 * A self-contained page: no script runs, nothing is requested; opens from disk or mail, in light and dark, and prints.
 *
 * @param sources - JSON documents that the figures come from, kept in the page by name.
 */
export function pageHtml({
  title,
  subtitle,
  sections,
  sources,
}: {
  readonly title: string
  readonly subtitle: Markup
  readonly sections: readonly DrawnSection[]
  readonly sources: Readonly<Record<string, unknown>>
}): string {
  const links = sections.map(({ id, title: own }) => markup`<li><a href="#${id}">${own}</a></li>`)
  const body = sections.map(
    ({ id, title: own, content }) => markup`<section aria-labelledby="${id}"><h2 id="${id}">${own}</h2>
${content}
</section>
`,
  )
  return markup`${trusted('<!doctype html>')}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${trusted(style)}${chartStyle}</style>
</head>
<body>
<header><h1>${title}</h1><p class="sub">${subtitle}</p>
<nav aria-label="Sections"><ul>${links}</ul></nav></header>
<main>
${body}
</main>
<footer>Every number on this page carries its unrounded value and where it comes from; the documents are in the page, as JSON.</footer>
<script type="application/json" id="sources">${trusted(jsonText(sources))}</script>
</body>
</html>
`.markup
}

/** JSON that cannot end the element it stands in. */
function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}

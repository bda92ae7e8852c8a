import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { figureAt, shown } from '../figure.js'
import type { Source } from '../figure.js'
import { markup, name } from '../markup.js'
import type { Markup } from '../markup.js'
import { pictureRoom } from '../picture-room.js'
import { tableBlock, words } from '../section.js'
import type { Section } from '../section.js'
import type { Cell, Table } from '../table.js'
import type { ReadReport, StoredCase, StoredCases, StoredMembers, Told } from '../told.js'

/** A page for each case of every report of cases: picture, maps, what members say, and how much of the decision is whose. */
export async function casesSections(told: Told): Promise<Section[]> {
  const sections: Section[] = []
  const several = told.reports.filter(({ cases }) => cases !== undefined).length > 1
  for (const { name: report, dir, cases } of told.reports) {
    if (cases === undefined) continue
    const { pages, isCut } = await pagesOf({ report, dir, cases }, pictureRoom(told))
    sections.push({
      id: `cases-${report}`,
      title: several ? `Cases: ${report}` : 'Cases',
      blocks: [words(beginning(cases.source, cases.json, isCut)), words(markup`${pages}`), ...allCases(report, cases)],
    })
  }
  return sections
}

type CasesReport = Pick<ReadReport, 'dir'> & { readonly report: string } & Required<Pick<ReadReport, 'cases'>>

/** Pages while there is room for their pictures. */
async function pagesOf(
  { report, dir, cases: { source, json } }: CasesReport,
  room: number,
): Promise<{ readonly pages: readonly Markup[]; readonly isCut: boolean }> {
  const pages: Markup[] = []
  let numBytes = 0
  for (const [at, each] of json.cases.entries()) {
    const files = [each.picture, ...each.maps.map(({ file }) => file)]
    const pictures = await Promise.all(files.map((file) => readFile(join(dir, file))))
    numBytes += pictures.reduce((sum, { length }) => sum + length, 0)
    if (numBytes > room) return { pages, isCut: true }
    pages.push(casePage({ source, unit: json.unit, at, id: `${report}-${String(at + 1)}` }, each, pictures))
  }
  return { pages, isCut: false }
}

function beginning(source: Source, { cases, numCases, numRows }: StoredCases, isCut: boolean): Markup {
  const figure = (key: string): Markup => shown(figureAt(source, [key], 'whole'))
  return markup`<p>Rows: ${figure('numRows')}. Wrong: ${figure('numWrong')}. Told of here, wrong ones first: ${figure('numCases')}${numCases < numRows ? ', as many as were asked for or have a map' : null}${isCut ? '; of the last ones there are no pictures, for which a page that is mailed has no room, and only the table below' : null}.</p>
${cases.length === 0 ? null : markup`<p class="note">Shares are Shapley values. Those of the classifiers and what a vote without any of them says sum to the vote’s value for the class; so do those of the base models, of which an absent one has the features of train rows. A map shows where evidence for its class lies; one of a base model explains that model and not the vote.</p>`}`
}

/** Where a case stands. */
interface Place {
  readonly source: Source
  readonly unit: string
  readonly at: number
  readonly id: string
}

function casePage(place: Place, each: StoredCase, pictures: readonly Uint8Array[]): Markup {
  const { source, unit, at, id } = place
  const [picture, ...maps] = pictures.map((data) => `data:image/jpeg;base64,${Buffer.from(data).toString('base64')}`)
  return markup`<article class="case" aria-labelledby="${id}"><h3 id="${id}">${headingOf(each)}</h3>
<p class="sub">${name(each.id)} · ${unitWords(unit)} for ${name(each.explainedClass)}: ${shown(figureAt(source, ['cases', at, 'value'], 'signed'))}</p>
<div class="pictures"><figure><img src="${picture}" alt="${each.id}"><figcaption>Picture</figcaption></figure>${each.maps.map(
    ({ name: map, method, unit: own, explainedClass, isEmpty }, index) =>
      markup`<figure><img src="${maps[index]}" alt="${each.id}, ${map}: ${isEmpty ? 'no evidence' : 'map of the evidence'} for ${explainedClass}"><figcaption>${name(map)} (${name(method)}): ${
        isEmpty
          ? markup`nothing speaks for ${name(explainedClass)}`
          : markup`evidence for ${name(explainedClass)}; full colour is ${shown(figureAt(source, ['cases', at, 'maps', index, 'max'], 'short'))} ${name(own)}`
      }</figcaption></figure>`,
  )}${each.maps.length === 0 ? markup`<p class="note">No map was made of this row.</p>` : null}</div>
${membersTable(place, each)}</article>
`
}

function headingOf({ trueClass, answer, isRight }: StoredCase): Markup {
  const said = answer === null ? markup`no answer` : name(answer)
  if (isRight === null || trueClass === null) return markup`${said}, of unknown truth`
  if (isRight) return markup`<span class="right">${said} <span class="sign">✓</span></span>`
  return markup`<span class="wrong">${name(trueClass)} taken for ${said} <span class="sign">✗</span></span>`
}

function unitWords(unit: string): string {
  return { margin: 'margin of the vote', probability: 'probability', voteShare: 'share of the votes' }[unit] ?? unit
}

/** Members with what they say and their shares, and a bar for each. */
function membersTable({ source, unit, at, id }: Place, each: StoredCase): Markup {
  const groups = [
    { key: 'classifiers', title: 'Classifiers', members: each.classifiers },
    { key: 'baseModels', title: 'Base models', members: each.baseModels },
  ].filter((group): group is typeof group & { readonly members: StoredMembers } => group.members !== null)
  const largest = Math.max(...groups.flatMap(({ members }) => members.members.map(({ share }) => Math.abs(share))), 0)
  const label = `Who carried the decision about ${each.id}`
  return markup`<div class="table" tabindex="0" role="region" aria-label="${label}" id="${id}-members"><table class="members">
<caption>Who carried the decision: shares of the ${unitWords(unit)} for ${each.explainedClass}</caption>
<thead><tr><th scope="col" class="text">Member</th><th scope="col" class="text">Says</th><th scope="col" class="number">Share</th><th scope="col" class="text">Against or for</th></tr></thead>
${groups.map(
  ({ key, title, members }) => markup`<tbody><tr><th scope="rowgroup" colspan="4">${title}</th></tr>
${members.members.map(
  ({ name: member, says, share }, index) =>
    markup`<tr><th scope="row">${name(member)}</th><td class="text">${saysMarkup(says, each.trueClass)}</td><td class="number">${shown(figureAt(source, ['cases', at, key, 'members', index, 'share'], 'signed'))}</td><td class="text">${bar(share, largest)}</td></tr>
`,
)}<tr class="note"><th scope="row">without any</th><td class="text"></td><td class="number">${shown(figureAt(source, ['cases', at, key, 'base'], 'signed'))}</td><td class="text"></td></tr></tbody>
`,
)}</table></div>`
}

function saysMarkup(says: string | null, trueClass: string | null): Markup {
  if (says === null) return markup`<span title="gives no class">–</span>`
  if (trueClass === null) return name(says)
  const isRight = says === trueClass
  return markup`<span class="${isRight ? 'right' : 'wrong'}">${name(says)} <span class="sign">${isRight ? '✓' : '✗'}</span></span>`
}

/** A share as a bar, to the right for and to the left against; the number beside it says the same. */
function bar(share: number, largest: number): Markup {
  const length = largest === 0 ? 0 : (50 * Math.abs(share)) / largest
  const x = share < 0 ? 50 - length : 50
  return markup`<svg class="share" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="${share < 0 ? 'against' : 'for'}" x="${x.toFixed(2)}" y="1" width="${length.toFixed(2)}" height="8"/><line x1="50" x2="50" y1="0" y2="10"/></svg>`
}

/** Every case as a row, for the eye and as a file. */
function allCases(report: string, { source, json }: NonNullable<ReadReport['cases']>): ReturnType<typeof tableBlock>[] {
  const [first] = json.cases
  if (first === undefined) return []
  const games = (['classifiers', 'baseModels'] as const).flatMap((key) =>
    (first[key]?.members ?? []).map(({ name: member }, index) => ({ key, member, index })),
  )
  const table: Table = {
    id: `cases-${report}`,
    caption: `Every case that ${report} tells of, with the share of each member`,
    columns: ['Row', 'True', 'Answer', 'Value', ...games.map(({ member }) => member)],
    rows: json.cases.map((each, at): Cell[] => [
      each.id,
      each.trueClass ?? '',
      each.answer ?? '',
      figureAt(source, ['cases', at, 'value'], 'signed'),
      ...games.map(({ key, index }) => figureAt(source, ['cases', at, key, 'members', index, 'share'], 'signed')),
    ]),
  }
  return [tableBlock(table, { isFolded: true })]
}

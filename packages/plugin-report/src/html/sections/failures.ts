import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { markup, name } from '../markup.js'
import type { Markup } from '../markup.js'
import { tableBlock, words } from '../section.js'
import type { Section } from '../section.js'
import { evaluationsOf } from '../told.js'
import type { ExplainedImage, PredictedRow, ReadReport, Told } from '../told.js'
import { isCombination } from '../graph-facts.js'
import { pictureRoom } from '../picture-room.js'

/** A row that the reference has wrong. */
interface Failure {
  readonly row: PredictedRow
  /** What every other input says. */
  readonly votes: readonly { readonly input: string; readonly predicted: string }[]
}

/** Rows that the reference has wrong: the picture with its map where one was explained, and what each member says. */
export async function failuresSection(told: Told, maxPictures: number): Promise<Section> {
  const [evaluation] = evaluationsOf(told)
  if (evaluation === undefined || evaluation.predictions.length === 0)
    return { id: 'failures', title: 'Failures', blocks: [] }
  const { reference } = evaluation.json
  const inputs = evaluation.json.inputs.map(({ name: input }) => input).filter((input) => input !== reference)
  const failures = failuresOf(evaluation.predictions, reference)
  const cards: Markup[] = []
  const pictures = explainedById(told.reports)
  let numBytes = 0
  let isCut = false
  for (const failure of failures) {
    const picture = pictures.get(failure.row.id)
    if (picture === undefined) continue
    const png = await readFile(join(picture.dir, picture.image.file))
    numBytes += png.length
    isCut = cards.length >= maxPictures || numBytes > pictureRoom(told)
    if (isCut) break
    cards.push(card(failure, png, picture.image, told))
  }
  const text =
    failures.length === 0
      ? markup`<p>${name(reference)} has every row right.</p>`
      : markup`<p>Rows that ${name(reference)} has wrong${cards.length > 0 ? ', with the map of what a base model looked at where that was drawn' : null}${isCut ? '; there are more pictures than a page that is mailed has room for' : null}.</p>`
  return {
    id: 'failures',
    title: 'Failures',
    blocks: [
      words(text),
      words(cards.length === 0 ? markup`` : markup`<div class="gallery">${cards}</div>`),
      ...(failures.length === 0
        ? []
        : [
            tableBlock(
              {
                id: 'failures',
                caption: `Rows that ${reference} has wrong, and what every input says`,
                columns: ['Row', 'Group', 'True', reference, ...inputs],
                rows: failures.map(({ row, votes }) => [
                  row.id,
                  row.group,
                  row.trueClass,
                  row.predictedClass,
                  ...inputs.map((input) => votes.find((vote) => vote.input === input)?.predicted ?? ''),
                ]),
              },
              { isFolded: true },
            ),
          ]),
    ],
  }
}

function failuresOf(rows: readonly PredictedRow[], reference: string): Failure[] {
  const byId = new Map<string, PredictedRow[]>()
  for (const row of rows) {
    const same = byId.get(row.id)
    if (same) same.push(row)
    else byId.set(row.id, [row])
  }
  return rows
    .filter(({ input, trueClass, predictedClass }) => input === reference && trueClass !== predictedClass)
    .map((row) => ({
      row,
      votes: (byId.get(row.id) ?? []).flatMap(({ input, predictedClass }) =>
        input === reference ? [] : [{ input, predicted: predictedClass }],
      ),
    }))
}

function explainedById(
  reports: readonly ReadReport[],
): ReadonlyMap<string, { readonly dir: string; readonly image: ExplainedImage }> {
  return new Map(
    reports.flatMap(
      ({ dir, explanation }) => explanation?.images.map((image) => [image.id, { dir, image }] as const) ?? [],
    ),
  )
}

function card({ row, votes }: Failure, png: Uint8Array, { explainedClass }: ExplainedImage, { facts }: Told): Markup {
  const members = votes.filter(({ input }) => !isCombination(facts, input))
  return markup`<figure class="card"><img src="data:image/png;base64,${Buffer.from(png).toString('base64')}" alt="${row.id}${explainedClass === undefined ? '' : `, map of the evidence for ${explainedClass}`}">
<figcaption><strong>${name(row.trueClass)}</strong> taken for <strong>${name(row.predictedClass || 'no class')}</strong>
<ul class="votes">${members.map(({ input, predicted }) => markup`<li class="${predicted === row.trueClass ? 'right' : 'wrong'}">${name(input)}: ${name(predicted)} <span class="sign">${predicted === row.trueClass ? '✓' : '✗'}</span></li>`)}</ul></figcaption></figure>
`
}

import { collectImages, type ImageBatch, type ReportImplementation, type Static } from '@etsef/plugin-api'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseRows } from './choose-rows.js'
import { describeView } from './describe-view.js'
import { drawSheet, type SheetCell } from './draw-sheet.js'
import type { sheetInputs, sheetOptions, sheetOutputs } from './sheet.js'

type Implementation = ReportImplementation<Static<typeof sheetOptions>, typeof sheetInputs, typeof sheetOutputs>

/** Draws the sheet. */
export const run: Implementation['run'] = async ({ options, inputs, ctx }) => {
  const images = await collectImages(inputs.images, ctx.signal)
  const rows: SheetCell[][] = []
  for (const { row, copies } of chooseRows(images, options.rows)) {
    ctx.signal.throwIfAborted()
    const cells = [{ image: await images.load(row), caption: nameOf(images, row) }]
    if (images.isRandom) {
      for (let draw = 0; draw < options.draws; draw++) {
        const image = await images.load(row, draw)
        cells.push({ image, caption: `${draw}: ${describeView(image.drawn) || 'as it is'}` })
      }
    }
    for (const copy of copies.slice(0, options.draws)) {
      cells.push({ image: await images.load(copy), caption: describeView([...images.transforms[copy]!]) })
    }
    rows.push(cells)
  }
  const dir = ctx.outputDir('report')
  await writeFile(join(dir, 'sheet.png'), drawSheet(rows).toBuffer('image/png'))
  return { report: { kind: 'report', dir, metrics: { pictures: rows.length } } }
}

function nameOf({ ids, labels, classNames, partitions }: ImageBatch, row: number): string {
  return [ids[row]!, classNames[labels[row]!], partitions[row] === 'none' ? undefined : partitions[row]]
    .filter(Boolean)
    .join(' · ')
}

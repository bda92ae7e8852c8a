import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import type { Maps } from './open-maps.js'
import { isPredicted, type PredictionRow } from './predicted-row.js'
import { readPictureFile } from './read-pictures.js'

/** What the list of maps says of one. */
export interface MapEntry {
  /** Of the picture. */
  readonly id: string
  /** Network whose map it is, or `answer`. */
  readonly of: string
  /** Class whose evidence is shown. */
  readonly class: string
  readonly method: string
  readonly meaning: string
  /** Below the folder; left out where there is no map. */
  readonly file?: string
  readonly unit?: string
  /** Raw value of full colour; 0: no evidence. */
  readonly max?: number
  /** Why there is no map. */
  readonly missing?: string
}

/** Name of the list, a line of JSON for each map. */
const listName = 'maps.jsonl'

/** An empty list in a folder for maps. */
export function beginMaps(folder: string): void {
  ensureFolder(folder)
  rmSync(join(folder, listName), { force: true })
}

/**
 * Writes a picture's maps below a folder, as `<picture>.<network>.png` and, of the whole answer, `<picture>.answer.png`, and adds them to the
 * list. A picture without an answer has none.
 */
export async function writeMaps(
  maps: Maps,
  row: PredictionRow,
  path: string,
  folder: string,
): Promise<readonly MapEntry[]> {
  if (!isPredicted(row)) return []
  const { className, maps: made } = await maps.explain(await readPictureFile(row.id, path), row)
  const entries = made.map(({ network, method, meaning, panel, unit, max, missing }): MapEntry => {
    const of = network ?? 'answer'
    const common = { id: row.id, of, class: className, method, meaning }
    if (!panel) return { ...common, missing: missing ?? 'nothing was drawn' }
    const file = `${nameBelow(row.id)}.${of}.png`
    ensureFolder(dirname(join(folder, file)))
    writeFileSync(join(folder, file), panel)
    return { ...common, file, ...(unit === undefined ? {} : { unit }), ...(max === undefined ? {} : { max }) }
  })
  appendFileSync(join(folder, listName), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  return entries
}

/** An id as a path that stays below its folder: ids of listed pictures are as they were written, and may lead up. */
function nameBelow(id: string): string {
  return id
    .split(/[\\/]/)
    .filter((part) => part !== '' && part !== '.')
    .map((part) => (part === '..' ? '_' : part.replace(':', '_')))
    .join('/')
}

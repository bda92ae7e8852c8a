import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError, type FeatureBatch, type Rng } from '@etsef/plugin-api'

/** Train rows that stand for absent columns. */
export interface Background {
  readonly featureNames: readonly string[]
  /** float32 `[numRows, numFeatures]`. */
  readonly rows: Float32Array
}

/** At most so many rows, drawn without replacement; in the order of the table. */
export function drawBackground(table: FeatureBatch, maxRows: number, rng: Rng): Background {
  const width = table.featureNames.length
  const drawn = rng
    .shuffle(Array.from(table.ids, (_, i) => i))
    .slice(0, maxRows)
    .sort((a, b) => a - b)
  const rows = new Float32Array(drawn.length * width)
  drawn.forEach((from, to) => {
    rows.set(table.features.subarray(from * width, (from + 1) * width), to * width)
  })
  return { featureNames: table.featureNames, rows }
}

/** Writes `background.json` and `background.bin`. */
export async function saveBackground({ featureNames, rows }: Background, dir: string): Promise<void> {
  await writeFile(join(dir, 'background.json'), `${JSON.stringify({ kind: 'background', featureNames })}\n`)
  await writeFile(join(dir, 'background.bin'), new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength))
}

/** Reads what {@link saveBackground} wrote. @throws PipelineError `ERR_CORRUPT_ARTIFACT`. */
export async function loadBackground(dir: string): Promise<Background> {
  const [json, bytes] = await Promise.all([
    readFile(join(dir, 'background.json'), 'utf8'),
    readFile(join(dir, 'background.bin')),
  ])
  const { featureNames } = JSON.parse(json) as { featureNames: string[] }
  if (bytes.byteLength % (4 * featureNames.length) !== 0)
    throw new PipelineError('ERR_CORRUPT_ARTIFACT', { message: 'The background rows are not whole' })
  return { featureNames, rows: new Float32Array(Uint8Array.from(bytes).buffer) }
}

import { PipelineError } from '@etsef/plugin-api'
import { readModel, readSafetensors, writeModel, writeSafetensors, type WeightTensor } from '@etsef/nn'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Alignment } from './align-features.js'
import type { CrossFit, FoldModel, FoldRow } from './fit-cross-fitted.js'

const FOLDER = 'cross-fit'

/** Contents of `cross-fit/rows.json`. */
interface RowsFile {
  readonly numFolds: number
  /** Residual of each fold's alignment; empty without alignments. */
  readonly residuals: readonly number[]
  readonly rows: readonly FoldRow[]
}

/** Writes `cross-fit/` beside a model: the fold of each row, a model directory per fold, and the maps between feature spaces. */
export async function writeCrossFit(dir: string, { rows, folds }: CrossFit): Promise<void> {
  const folder = join(dir, FOLDER)
  await mkdir(folder, { recursive: true })
  const alignments = folds.flatMap(({ alignment }) => alignment ?? [])
  const file: RowsFile = { numFolds: folds.length, residuals: alignments.map(({ residual }) => residual), rows }
  await writeFile(join(folder, 'rows.json'), `${JSON.stringify(file, null, 1)}\n`)
  for (const [i, { model }] of folds.entries()) await writeModel(join(folder, `fold${i + 1}`), model)
  if (alignments.length === 0) return
  const tensors = alignments.flatMap(({ matrix, sourceMean, targetMean }, i): [string, WeightTensor][] => {
    const width = sourceMean.length
    return [
      [`fold${i + 1}/matrix`, { shape: [width, width], data: matrix }],
      [`fold${i + 1}/sourceMean`, { shape: [width], data: sourceMean }],
      [`fold${i + 1}/targetMean`, { shape: [width], data: targetMean }],
    ]
  })
  await writeSafetensors(join(folder, 'alignment.safetensors'), new Map(tensors))
}

/** Reads what {@link writeCrossFit} wrote; `undefined` where there is nothing. @throws PipelineError `ERR_WEIGHTS` when it is damaged. */
export async function readCrossFit(dir: string): Promise<CrossFit | undefined> {
  const folder = join(dir, FOLDER)
  let text: string
  try {
    text = await readFile(join(folder, 'rows.json'), 'utf8')
  } catch {
    return undefined
  }
  const { numFolds, residuals, rows } = JSON.parse(text) as RowsFile
  const maps = residuals.length === 0 ? undefined : await readSafetensors(join(folder, 'alignment.safetensors'))
  const folds: FoldModel[] = []
  for (let i = 0; i < numFolds; i++) {
    const get = (name: string): Float32Array => {
      const tensor = maps?.tensors.get(`fold${i + 1}/${name}`)
      if (tensor === undefined)
        throw new PipelineError('ERR_WEIGHTS', { message: `${folder}: the alignment of fold ${i + 1} is missing` })
      return tensor.data
    }
    const alignment: Alignment | undefined = maps && {
      matrix: get('matrix'),
      sourceMean: get('sourceMean'),
      targetMean: get('targetMean'),
      residual: residuals[i]!,
    }
    folds.push({ model: await readModel(join(folder, `fold${i + 1}`)), alignment })
  }
  return { rows, folds }
}

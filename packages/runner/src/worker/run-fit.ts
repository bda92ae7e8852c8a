import { PipelineError, type ImageBatch, type JsonObject } from '@etsef/plugin-api'
import type { StoredBatch } from '@etsef/plugin-api/codec'
import { fitVisibility, type Visibility } from '@etsef/plugin-api/semantics'
import { joinedRows, joinInputs } from './join-inputs.js'
import { LearnedSets } from './learned-sets.js'
import { checkUnseen, lineageFile, lineageText, type FittedInput } from './lineage.js'
import { refuseNearTestPictures, type ComparedSet } from './near-test-pictures.js'
import type { StageScope } from './context.js'
import type { OpenRows, StageInputs } from './stage-inputs.js'
import type { StageWork } from './stage-work.js'
import { stateFolder } from './state-folder.js'

interface FitImplementation {
  fit(args: {
    readonly options: JsonObject
    readonly inputs: Record<string, unknown>
    readonly ctx: StageScope['ctx']
  }): Promise<unknown>
  save(state: unknown, dir: string): Promise<void>
}

/** Fits an estimator on the rows it may see, and saves its state with the lineage of all it has learned from. */
export async function runFit(work: StageWork): Promise<void> {
  const { spec, operation, inputs, scope, artifact } = work
  const implementation = work.implementation as FitImplementation
  const rules = fitVisibility(operation.fitOn ?? [], operation.supervised ?? false)
  const visible = new Set(rules.partitions)
  const seen = new Set(inputs.fitted.flatMap((input) => [...input.seen]))
  // Several sets of pictures are rare, and what a set was learned from is much to remember.
  const hasSets = !operation.joins && inputs.rows.filter(({ spec }) => spec.kind === 'images').length > 1
  const sets = hasSets ? new LearnedSets() : undefined
  let numFitted = 0
  const look = (batch: StoredBatch, { spec: { port, name } }: OpenRows): void => {
    const isRows = port === operation.rows
    if (isRows) checkUnseen(batch, othersThan(inputs.fitted, name))
    sets?.add(batch, name, visible)
    batch.partitions.forEach((partition, index) => {
      if (!visible.has(partition)) return
      seen.add(batch.sourceIds[index]!)
      if (isRows) numFitted++
    })
  }
  if (operation.joins) {
    const edges = joinedRows(operation, inputs.rows)
    for await (const batches of joinInputs(edges))
      batches.forEach((batch, at) => {
        look(batch, edges[at]!)
      })
  } else for (const input of inputs.rows) for await (const batch of input.reader.batches()) look(batch, input)
  sets?.check()
  if (sets) await refuseNearTestPictures(comparedSets(inputs, rules), visible, progressOf(scope.ctx, sets.size))
  if (numFitted === 0 && !operation.fitsWithoutRows) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: `There is no row to fit on at "${operation.rows ?? ''}"`,
      expected: `rows of partition ${[...visible].join(' or ')}`,
      received: '0 rows',
      hint: 'split with a larger share for this partition',
    })
  }
  const state = await implementation.fit({ options: spec.options, inputs: inputs.values(rules), ctx: scope.ctx })
  scope.ctx.signal.throwIfAborted()
  await implementation.save(state, artifact.folder(stateFolder))
  artifact.writeText(lineageFile, lineageText(seen))
  for (const port of spec.outputs) {
    if (operation.outputs[port]!.kind === 'model') artifact.addFolder(port, { kind: 'model', path: stateFolder })
  }
}

function othersThan(inputs: readonly FittedInput[], name: string): readonly FittedInput[] {
  return inputs.filter((input) => input.name !== name)
}

/** The sets of pictures among the inputs, for the runner's own eyes: with their test rows. */
function comparedSets(inputs: StageInputs, rules: Visibility): ComparedSet[] {
  const all = { ...rules, partitions: undefined }
  return inputs.rows.flatMap((input): ComparedSet[] => {
    if (input.spec.kind !== 'images') return []
    const batches = async function* (): AsyncGenerator<{ stored: StoredBatch; pictures: ImageBatch }> {
      for await (const stored of input.reader.batches()) {
        const pictures = inputs.shown(input, stored, all)
        if (!isLoadable(pictures)) throw new TypeError(`the pictures of "${input.spec.name}" come without a loader`)
        yield { stored, pictures }
      }
    }
    return [{ name: input.spec.name, batches }]
  })
}

function isLoadable(batch: StoredBatch): batch is ImageBatch {
  return 'load' in batch
}

/** Tells how many of at most `total` pictures have been compared, and lets go of a stage that is stopped. */
function progressOf(ctx: StageScope['ctx'], total: number): (count: number) => void {
  let done = 0
  return (count) => {
    ctx.signal.throwIfAborted()
    done += count
    ctx.progress(done, total, 'pictures compared')
  }
}

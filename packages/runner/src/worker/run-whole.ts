import { isRowKind, PipelineError, type JsonObject, type ReportTable, type SourceArguments } from '@etsef/plugin-api'
import { openRowReader } from '@etsef/plugin-api/codec'
import {
  addKnownRows,
  checkBatch,
  createKnownRows,
  createPartitionCheck,
  createRowPolicy,
  storeBatch,
  twice,
  opaqueId,
  outputOf,
  wholeVisibility,
  type GivenBatch,
  type InputFacts,
  type KnownRows,
} from '@etsef/plugin-api/semantics'
import { join } from 'node:path'
import { boundGarbage } from './bounded-memory.js'
import type { StageScope } from './context.js'
import { drain } from './drain.js'
import { extendPath } from './pixel-path.js'
import { createRowSorter } from './sort-rows.js'
import type { StageWork } from './stage-work.js'
import { createUniqueIds, idHash } from './unique-ids.js'

interface WholeImplementation {
  run(args: {
    readonly options: JsonObject
    readonly inputs: Record<string, unknown>
    readonly ctx: StageScope['ctx']
    readonly keepPixels?: SourceArguments<unknown>['keepPixels']
  }): Promise<Record<string, unknown>>
  readonly loadPixels?: unknown
}

/** Runs a source, combine or report, and writes its outputs. @returns Labels of test rows that were shown. */
export async function runWhole(work: StageWork): Promise<number> {
  const { spec, operation, inputs, scope } = work
  const implementation = work.implementation as WholeImplementation
  const rules = wholeVisibility(operation)
  const known = createKnownRows(rules.hidesNames)
  let testLabelReads = 0
  const imageEdges = inputs.rows.filter((input) => input.spec.kind === 'images')
  for (const input of inputs.rows) {
    const seen = new Set<string>()
    const choice = Math.max(0, imageEdges.indexOf(input))
    for await (const batch of input.reader.batches()) {
      boundGarbage()
      if (operation.kind === 'report')
        testLabelReads += batch.partitions.filter((partition) => partition === 'test').length
      else addKnownRows(known, batch, { name: input.spec.name, seen, choice })
    }
  }
  const values = operation.kind === 'source' ? {} : inputs.values(rules)
  const outputs = await implementation.run({
    options: spec.options,
    inputs: values,
    ctx: scope.ctx,
    ...(operation.kind === 'source' && { keepPixels: work.pictures.keep }),
  })
  const classNames = inputs.rows[0]?.reader.header.classNames ?? []
  const policy = operation.kind === 'combine' ? (operation.rowPolicy ?? 'same') : undefined
  const facts: OutputFacts = {
    known,
    classNames,
    hasChoice: imageEdges.length > 1,
    keepsOrder: (policy === 'same' || policy === 'split') && isOrdered(known),
    loadsPixels: typeof implementation.loadPixels === 'function',
  }
  await Promise.all(
    spec.outputs.map(async (port) => {
      const declared = operation.outputs[port]!
      if (isRowKind(declared.kind)) await writeRows(work, port, outputs[port], facts)
      else writeFolder(work, port, outputs[port])
    }),
  )
  return testLabelReads
}

interface OutputFacts extends InputFacts {
  /** Rows may have come through one of several image inputs. */
  readonly hasChoice: boolean
  readonly loadsPixels: boolean
  /** Rows come in the stored order: those of the inputs do, and the operation may give them in no other. */
  readonly keepsOrder: boolean
}

/** Rows between two collections of garbage: a stream shorter than this ends before its garbage matters. */
const rowsPerSweep = 2048

async function writeRows(work: StageWork, port: string, source: unknown, facts: OutputFacts): Promise<void> {
  const { spec, operation, artifact, scope } = work
  const kind = operation.outputs[port]!.kind
  if (!isRowKind(kind)) return
  const what = outputOf(spec.type, port)
  const output = artifact.rows(port, kind, spec.specs[port])
  const sorter = createRowSorter(kind, (index) => join(scope.ctx.tmpDir, `${port}.${String(index)}.arrow`))
  const unique = createUniqueIds(() => join(scope.ctx.tmpDir, `${port}.ids`))
  const checkPartitions = createPartitionCheck()
  const policy = createRowPolicy(operation, facts, what)
  const classNames = operation.kind === 'source' || operation.kind === 'report' ? undefined : facts.classNames
  let rowsSinceSweep = 0
  const take = (given: GivenBatch): void => {
    checkBatch(given, { kind, classNames, what })
    const attached = policy.attach(given)
    for (const id of attached.rows.ids) unique.add(id)
    if (operation.kind === 'source' || operation.rowPolicy === 'split' || operation.rowPolicy === 'expand')
      checkPartitions(attached.rows)
    const parameters = given.kind === 'images' ? given.parameters : undefined
    const transforms = given.ids.map((_, index) => {
      const row = attached.found[index]
      return extendPath(row?.transforms ?? [], {
        choice: facts.hasChoice ? (row?.choice ?? 0) : undefined,
        parameters: facts.loadsPixels ? (parameters?.[index] ?? null) : undefined,
      })
    })
    const uris = given.kind === 'images' ? given.uris.map((own, index) => attached.found[index]?.uri ?? own) : []
    const store = facts.keepsOrder ? output : sorter
    store.write(storeBatch(given, attached.rows, { parentIds: attached.parentIds, transforms, uris }))
    rowsSinceSweep += given.ids.length
    if (rowsSinceSweep < rowsPerSweep) return
    rowsSinceSweep = 0
    boundGarbage()
  }
  try {
    await drain(source, what, scope.ctx.signal, take)
    policy.finish()
    await sorter.finish((batch) => {
      output.write(batch)
    })
    const { path } = output.close()
    const repeated = unique.repeated()
    if (repeated.size > 0) await refuseTwice(join(artifact.dir, path), repeated, what)
  } finally {
    unique.close()
    sorter.close()
  }
}

/** Whether the rows of all inputs, one after the other, stand in the stored order. */
function isOrdered({ byId }: KnownRows): boolean {
  let before = ''
  for (const { id, sourceId } of byId.values()) {
    const own = opaqueId(id, sourceId)
    if (own < before) return false
    before = own
  }
  return true
}

/** Looks exactly at the ids whose hashes are equal. Readers rely on it: no artifact holds an id twice. */
async function refuseTwice(file: string, hashes: ReadonlySet<number>, what: string): Promise<void> {
  const seen = new Set<string>()
  for await (const { ids } of (await openRowReader(file)).batches()) {
    for (const id of ids) {
      if (!hashes.has(idHash(id))) continue
      if (seen.has(id)) throw twice(id, what)
      seen.add(id)
    }
  }
}

function writeFolder(work: StageWork, port: string, value: unknown): void {
  const { operation, artifact } = work
  const kind = operation.outputs[port]!.kind
  const given = value as
    | {
        readonly kind?: unknown
        readonly dir?: unknown
        readonly metrics?: Record<string, number | null>
        readonly table?: ReportTable
      }
    | undefined
  if (given?.kind !== kind)
    throw new PipelineError('ERR_PLUGIN', {
      message: `Output "${port}" is not a ${kind}`,
      expected: `{ kind: "${kind}", dir }`,
      received: typeof given,
    })
  if (given.dir !== artifact.folder(port))
    throw new PipelineError('ERR_PLUGIN', {
      message: `Output "${port}" is not in its folder`,
      expected: `ctx.outputDir("${port}")`,
      received: String(given.dir),
    })
  const report =
    kind === 'report'
      ? { metrics: finiteOnly(given.metrics ?? {}), ...(given.table ? { table: given.table } : {}) }
      : {}
  artifact.addFolder(port, { kind, path: port, ...report })
}

function finiteOnly(metrics: Readonly<Record<string, number | null>>): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [name, value !== null && Number.isFinite(value) ? value : null]),
  )
}

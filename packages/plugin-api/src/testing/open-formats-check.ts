import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import type { OpenFormatsArguments, Operation, Ports } from '../define-operation.js'
import { PipelineError } from '../errors.js'
import type { AnyBatch } from '../streams/tables.js'
import { checkedOptions, type OutputTable, type RunOperationOptions } from './run-operation.js'

/** Numbers of outputs by port, row by row, as another program finds them in the files of a folder. */
export type AskOpenFormats = (dir: string, rows: AnyBatch) => Promise<Readonly<Record<string, ArrayLike<number>>>>

/** What is checked. */
export interface OpenFormatsCase {
  readonly given: Pick<RunOperationOptions, 'options' | 'inputs'> & { readonly askOpenFormats?: AskOpenFormats }
  /** What the operation itself gives for its inputs. */
  readonly outputs: Readonly<Record<string, OutputTable | { readonly dir: string }>>
  readonly stateDir: string | undefined
}

interface Code {
  load?(dir: string): Promise<unknown>
  writeOpenFormats?(args: OpenFormatsArguments<unknown, Ports> & { readonly state: unknown }): Promise<void>
}

/** Endings that programs other than ours know. */
const endings = ['.onnx', '.json', '.safetensors', '.ubj', '.txt', '.md']

/**
 * Checks what an operation writes for other programs: the same bytes twice, as files beside one another, in formats that have readers, without
 * the name of a row; and, where the case can ask them, the operation's own answers to 1e-5.
 *
 * @throws PipelineError `ERR_PLUGIN`. An operation that writes nothing passes.
 */
export async function checkOpenFormats(
  operation: Operation,
  { given, outputs, stateDir }: OpenFormatsCase,
): Promise<void> {
  // Types are erased here; the implementation was checked against its own where it was defined.
  const code = (await operation.load()) as Code
  if (!code.writeOpenFormats) {
    if (given.askOpenFormats) throw broken('The case asks files that the operation does not write')
    return
  }
  const tables = Object.values(given.inputs ?? {}).filter((value): value is AnyBatch => 'ids' in value)
  const models = Object.entries(given.inputs ?? {}).filter(([, value]) => 'dir' in value)
  const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'etsef-operation-')))
  try {
    for (const dir of folders)
      await code.writeOpenFormats({
        options: checkedOptions(operation, given.options),
        state: stateDir === undefined ? undefined : await code.load?.(stateDir),
        // Models are what they were given as.
        inputs: Object.fromEntries(models),
        classNames: tables[0]?.classNames ?? [],
        dir,
      })
    const [files, again] = folders.map(contentsOf) as [ReadonlyMap<string, Buffer>, ReadonlyMap<string, Buffer>]
    if (files.size === 0) throw broken('It writes no file')
    for (const [name, bytes] of files) {
      if (!endings.includes(extname(name)))
        throw broken(`File "${name}" is in no format that is known`, endings.join(', '))
      if (again.get(name)?.equals(bytes) !== true)
        throw broken(`File "${name}" has other bytes when it is written again`)
      const named = tables.flatMap(({ ids }) => ids).find((id) => bytes.includes(JSON.stringify(id)))
      if (named !== undefined) throw broken(`File "${name}" has the name of a row`, undefined, named)
      if (extname(name) === '.json') JSON.parse(bytes.toString())
    }
    const rows = tables[0]
    if (!given.askOpenFormats || !rows) return
    const answers = await given.askOpenFormats(folders[0]!, rows)
    if (Object.keys(answers).length === 0) throw broken('The case finds no answers in what was written')
    for (const [port, found] of Object.entries(answers)) compare(port, found, outputs[port])
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  }
}

function contentsOf(dir: string): ReadonlyMap<string, Buffer> {
  return new Map(
    readdirSync(dir, { withFileTypes: true }).map((entry) => {
      if (!entry.isFile()) throw broken(`"${entry.name}" is no file`, 'files beside one another')
      return [entry.name, readFileSync(join(dir, entry.name))]
    }),
  )
}

function compare(port: string, found: ArrayLike<number>, output: OpenFormatsCase['outputs'][string] | undefined): void {
  const own =
    output === undefined || 'dir' in output
      ? undefined
      : output.kind === 'features'
        ? output.features
        : output.kind === 'predictions'
          ? output.scores
          : undefined
  if (!own) throw broken(`The case asks for "${port}", which are no features or predictions`)
  if (own.length !== found.length)
    throw broken(`"${port}" has another number of values in the files`, String(own.length), String(found.length))
  const at = Array.from(own).findIndex(
    (value, index) => !(Math.abs(value - found[index]!) <= 1e-5 * Math.max(1, Math.abs(value))),
  )
  if (at >= 0) throw broken(`The files say something else than "${port}"`, String(own[at]), String(found[at]))
}

function broken(message: string, expected?: string, received?: string): PipelineError {
  return new PipelineError('ERR_PLUGIN', { message, expected, received })
}

import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { problem } from '../errors.js'
import { loadRegistry, type Registry } from '../registry/load-registry.js'
import { openDigests } from '../registry/open-digests.js'
import type { FittedGraph } from '../predict/fitted-graph.js'
import { outputKey } from '../predict/open-fitted-graph.js'
import { openPredictor, type Predictor } from '../predict/open-predictor.js'
import { hostFor, type OpenRunOptions } from '../predict/open-run.js'
import type { CalibratedSets } from '../predict/prediction-sets.js'
import type { SetKind } from '../predict/set-kind.js'
import type { TrainingProfile } from '../predict/picture-facts.js'
import { bundleFiles, parseIndex, type BundleIndex, type ProfileJson } from './bundle-format.js'
import { intendedUseOf } from './model-card.js'
import { fileOf, filesBelow } from './files-below.js'

/** How a bundle is opened. */
export type OpenBundleOptions = Omit<OpenRunOptions, 'run' | 'storeDir'> & {
  /** Folder of the bundle. */
  readonly dir: string
}

/** A bundle ready to be asked. */
export interface OpenBundle {
  readonly index: BundleIndex
  readonly registry: Registry
  readonly predictor: Predictor
  /** What the card says that it is for. */
  readonly intendedUse: string
  /** sha256 of the pictures that something on the way was fitted on. */
  readonly seen: ReadonlySet<string>
  readonly sets: CalibratedSets
  /** What they are like; `undefined` where they were gone when the bundle was made. */
  readonly profile: TrainingProfile | undefined
}

/** Whether a folder is, or says that it is, a bundle. */
export function isBundle(dir: string): boolean {
  return existsSync(join(dir, bundleFiles.index))
}

/**
 * Opens a bundle, in this process. Nothing outside of its folder is read but the plugins of the project at `root`.
 *
 * @throws PipelineError `ERR_BUNDLE` naming the file that is missing or not as it was written, or the Node or plugin that is another.
 */
export async function openBundle(options: OpenBundleOptions): Promise<OpenBundle> {
  const { root, dir, onDecoded, notice } = options
  const index = readIndex(dir)
  checkFiles(dir, index)
  checkNode(index)
  const graph = readGraph(dir)
  if (options.node !== undefined && ![graph.target.node, outputKey(graph.target)].includes(options.node))
    throw problem('ERR_UNKNOWN_NODE', {
      message: `The bundle answers for "${outputKey(graph.target)}" alone`,
      received: options.node,
      hint: 'make a bundle of the other node, or leave --node out',
    })
  const registry = await loadRegistry(root, new Set([graph.source.type, ...graph.steps.map(({ type }) => type)]))
  checkPlugins(index, graph, registry)
  for (const message of changesSince(index, registry)) notice?.(message)
  const host = await hostFor({ registry }, graph, options)
  const seen = new Set(readFileSync(join(dir, bundleFiles.seen), 'utf8').split('\n').filter(Boolean))
  const sets = readSets(dir, index, options.sets)
  const predictor = await openPredictor(graph, host, { seen, sets, ...(onDecoded ? { onDecoded } : {}) })
  const intendedUse = intendedUseOf(readFileSync(join(dir, bundleFiles.card), 'utf8'))
  return { index, registry, predictor, intendedUse, seen, sets, profile: readProfile(dir, index) }
}

function readIndex(dir: string): BundleIndex {
  let text: string
  try {
    text = readFileSync(join(dir, bundleFiles.index), 'utf8')
  } catch (cause) {
    throw problem('ERR_BUNDLE', { message: `There is no bundle at "${dir}"`, expected: bundleFiles.index, cause })
  }
  const index = parseIndex(text)
  if (index) return index
  throw notAsWritten(bundleFiles.index, 'it is not as it was written')
}

/** Every file as it was written, none missing, and none more where code looks for files. */
function checkFiles(dir: string, { files }: BundleIndex): void {
  for (const [path, { sha256, bytes }] of Object.entries(files)) {
    let found: ReturnType<typeof fileOf>
    try {
      found = fileOf(join(dir, path))
    } catch {
      throw notAsWritten(path, 'it is missing')
    }
    if (found.bytes !== bytes || found.sha256 !== sha256)
      throw notAsWritten(path, 'it is not as it was written', {
        expected: `sha256 ${sha256}`,
        received: `sha256 ${found.sha256}`,
      })
  }
  const more = filesBelow(dir).find((path) => path !== bundleFiles.index && !Object.hasOwn(files, path))
  if (more !== undefined) throw notAsWritten(more, 'it is not of the bundle')
}

function notAsWritten(path: string, why: string, details: { expected?: string; received?: string } = {}) {
  return problem('ERR_BUNDLE', {
    message: `File "${path}" of the bundle: ${why}`,
    ...details,
    hint: 'copy the whole folder again from where it was made, and change nothing in it',
  })
}

/** Another Node computes elementary functions by another library, and runs other builds of what is native. */
function checkNode({ versions: { node } }: BundleIndex): void {
  const major = (version: string): string => version.split('.')[0]!
  if (major(node) === major(process.versions.node)) return
  throw problem('ERR_BUNDLE', {
    message: 'The bundle was made with another Node',
    expected: `Node ${major(node)}, as ${node}`,
    received: `Node ${process.versions.node}`,
    hint: 'install that Node, or make the bundle again with this one',
  })
}

function checkPlugins({ versions: { plugins } }: BundleIndex, graph: FittedGraph, registry: Registry): void {
  for (const { node, type, plugin } of [graph.source, ...graph.steps]) {
    const installed = registry.find(type)?.plugin
    const name = plugin.slice(0, plugin.lastIndexOf('@'))
    const needed = `${name}@${plugins[name]?.version ?? '?'}`
    const received = installed && `${installed.packageName}@${installed.version}`
    if (received === needed) continue
    throw problem('ERR_BUNDLE', {
      message: `The bundle needs ${needed} for its node "${node}" (${type})`,
      node,
      expected: needed,
      received: received ?? 'no installed package offers it',
      hint: [registry.whyMissing?.(type), `npm install ${needed}`].filter(Boolean).join('; '),
    })
  }
}

/** Plugins of the right version whose code is other than what fitted. */
function changesSince({ versions: { plugins } }: BundleIndex, { root, installed }: Registry): readonly string[] {
  const digests = openDigests(root, resolve(root, '.etsef'), false)
  return installed.flatMap((plugin) => {
    const made = plugins[plugin.packageName]
    if (!made || digests.of(plugin).digest === made.digest) return []
    return [`the code of ${plugin.packageName}@${plugin.version}, or of what it stands on, is not that which fitted`]
  })
}

function readGraph(dir: string): FittedGraph {
  // Its digest was compared.
  const graph = JSON.parse(readFileSync(join(dir, bundleFiles.graph), 'utf8')) as FittedGraph
  const steps = graph.steps.map(({ state, inputs, ...step }) => ({
    ...step,
    ...(state === undefined ? {} : { state: resolve(dir, state) }),
    inputs: inputs.map((input) => (input.dir === undefined ? input : { ...input, dir: resolve(dir, input.dir) })),
  }))
  return { ...graph, steps }
}

function readSets(dir: string, { files }: BundleIndex, wanted: SetKind | undefined): CalibratedSets {
  if (!Object.hasOwn(files, bundleFiles.sets)) return { missing: 'the bundle was made without' }
  // Its digest was compared. Before there was a choice, sets were marginal.
  const sets = JSON.parse(readFileSync(join(dir, bundleFiles.sets), 'utf8')) as Partial<CalibratedSets>
  return { kind: 'marginal', ...sets, ...(wanted === undefined ? {} : { kind: wanted }) } as CalibratedSets
}

function readProfile(dir: string, { files }: BundleIndex): TrainingProfile | undefined {
  if (!Object.hasOwn(files, bundleFiles.profile)) return undefined
  const profile = JSON.parse(readFileSync(join(dir, bundleFiles.profile), 'utf8')) as ProfileJson
  return { ...profile, histogram: Float64Array.from(profile.histogram) }
}

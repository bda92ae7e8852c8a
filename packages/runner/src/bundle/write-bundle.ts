import { replaceAt } from '@etsef/plugin-api/semantics'
import type { JsonObject, PixelLoading } from '@etsef/plugin-api'
import { hash, randomUUID } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { problem } from '../errors.js'
import type { FittedGraph, FittedStep } from '../predict/fitted-graph.js'
import { outputKey } from '../predict/open-fitted-graph.js'
import type { OpenRun } from '../predict/open-run.js'
import { trainingProfile } from '../predict/training-profile.js'
import type { RunRecord } from '../run/run-record.js'
import { runnerVersion } from '../run/runner-version.js'
import { bundleFiles, fittedFolder, indexText, type BundleIndex, type ProfileJson } from './bundle-format.js'
import { filesBelow, fileOf } from './files-below.js'
import { modelCard } from './model-card.js'
import { writeOpenFormats } from './write-open-formats.js'

/** A bundle that was written. */
export interface WrittenBundle {
  readonly dir: string
  readonly index: BundleIndex
  readonly numBytes: number
  /** Why it does not know what the pictures that were learned from look like; left out: it does. */
  readonly missingProfile: string | undefined
}

/**
 * Writes what a run has fitted, from pictures to a node, as one folder that needs neither store nor data. It holds no name, path, patient or
 * label of a row: of the pictures that were learned from it knows digests, and what they look like on the whole.
 *
 * @param dir - Not there yet, or empty. It appears whole or not at all.
 * @throws PipelineError `ERR_BUNDLE` where the folder holds something, or a node on the way reads files of its own.
 */
export async function writeBundle(opened: OpenRun, dir: string): Promise<WrittenBundle> {
  const { record, place, predictor, seen, sets } = opened
  if (existsSync(dir) && readdirSync(dir).length > 0)
    throw problem('ERR_BUNDLE', { message: `"${dir}" is not empty`, hint: 'name a new folder with -o' })
  ensureFolder(dirname(dir))
  const made = join(dirname(dir), `.${basename(dir)}-${randomUUID()}`)
  // Not mkdtemp: its folders are for one user alone, and this one is for whoever gets it.
  mkdirSync(made)
  try {
    const graph = await portable(predictor.graph, opened, made)
    const profile = await trainingProfile(opened)
    const write = (name: string, text: string): void => {
      writeFileSync(join(made, name), text)
    }
    const openSteps = await writeOpenFormats(opened, graph.steps, made)
    write(bundleFiles.graph, `${JSON.stringify(graph, null, 2)}\n`)
    write(
      bundleFiles.seen,
      [...seen]
        .sort()
        .map((line) => `${line}\n`)
        .join(''),
    )
    write(bundleFiles.sets, `${JSON.stringify(sets)}\n`)
    if (!('missing' in profile)) {
      const json: ProfileJson = { ...profile, histogram: [...profile.histogram] }
      write(bundleFiles.profile, `${JSON.stringify(json)}\n`)
    }
    const identity = {
      format: 1 as const,
      name: record.pipeline,
      run: record.run,
      target: outputKey(graph.target),
      classNames: graph.classNames,
      versions: {
        node: process.versions.node,
        runner: runnerVersion,
        engine: graph.engine ?? null,
        plugins: pluginsOf(record, graph),
      },
    }
    write(
      bundleFiles.card,
      modelCard(identity, {
        graph,
        place: { ...place, record },
        memberNames: predictor.memberNames,
        numSeen: seen.size,
        sets,
        openSteps,
      }),
    )
    const files = Object.fromEntries(filesBelow(made).map((path) => [path, fileOf(join(made, path))]))
    const index: BundleIndex = { ...identity, files }
    write(bundleFiles.index, indexText(index))
    if (existsSync(dir)) rmSync(dir, { recursive: true })
    renameSync(made, dir)
    return {
      dir,
      index,
      numBytes: Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0),
      missingProfile: 'missing' in profile ? profile.missing : undefined,
    }
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

/** The graph with folders below `to`, where they are copied, and without what tells of the run's rows. */
async function portable(graph: FittedGraph, { record, place }: OpenRun, to: string): Promise<FittedGraph> {
  const folders = new Map<string, string>()
  const copied = (from: string, node: string): string => {
    const known = folders.get(from)
    if (known !== undefined) return known
    const path = `${fittedFolder}/${String(folders.size).padStart(2, '0')}-${node.replace(/[^\w-]/g, '_')}`
    cpSync(from, join(to, path), { recursive: true })
    folders.set(from, path)
    return path
  }
  const steps: FittedStep[] = []
  for (const step of graph.steps) {
    const options = step.passes ? await optionsInPassing(step, place) : ownOptions(step, record)
    const state = step.state === undefined ? {} : { state: copied(step.state, step.node) }
    // A fitted state stands for itself: models that it was begun with are for fitting.
    const inputs = step.inputs.flatMap((input) => {
      if (input.dir === undefined) return [input]
      return step.state === undefined ? [{ ...input, dir: copied(input.dir, step.node) }] : []
    })
    steps.push({ ...step, options, ...state, inputs })
  }
  return {
    ...graph,
    source: { ...graph.source, options: withoutPaths(graph.source.options, graph.source.node, record) },
    steps,
  }
}

/** Options of a split or of copies: how rows are dealt, which may name them, is not needed; how pixels come through may be. */
async function optionsInPassing({ type, options }: FittedStep, { registry }: OpenRun['place']): Promise<JsonObject> {
  const code = (await registry.find(type)?.operation.load()) as Partial<PixelLoading<unknown>> | undefined
  return code?.loadPixels ? options : {}
}

function ownOptions({ node, type, options }: FittedStep, { contents }: RunRecord): JsonObject {
  const own = Object.keys(contents).find((name) => name.startsWith(`${node}.`))
  if (own === undefined) return options
  throw problem('ERR_BUNDLE', {
    message: `Node "${node}" (${type}) reads files of its own, which a bundle does not carry`,
    node,
    option: own.slice(node.length + 1),
    hint: 'ask for a node before it with --node',
  })
}

/** Options with content named by its digest, as the run's keys have it. */
function withoutPaths(options: JsonObject, node: string, { contents }: RunRecord): JsonObject {
  let without: JsonObject = options
  for (const [name, { digest }] of Object.entries(contents))
    if (name.startsWith(`${node}.`))
      without = replaceAt(without, name.slice(node.length + 1).split('.'), `sha256:${digest}`) as JsonObject
  return without
}

/** Plugins on the way: the version that fitted, and the digest of the code that it had. */
function pluginsOf({ stages }: RunRecord, { source, steps }: FittedGraph): BundleIndex['versions']['plugins'] {
  const nodes = new Set([source.node, ...steps.map(({ node }) => node)])
  const plugins = new Map<string, { version: string; digest: string }>()
  for (const { node, plugin, ingredients } of Object.values(stages)) {
    if (!nodes.has(node)) continue
    const at = plugin.lastIndexOf('@')
    plugins.set(plugin.slice(0, at), { version: plugin.slice(at + 1), digest: ingredients.implementation })
  }
  return Object.fromEntries([...plugins].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Short name of a bundle: by its files, whatever its folder is called. */
export function bundleDigest(index: BundleIndex): string {
  return hash('sha256', indexText(index), 'hex')
}

import { PipelineError, type MovedTo, type Operation, type Place } from '@etsef/plugin-api'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { OperationIndex } from '../graph/build-graph.js'
import type { InstalledOperation, InstalledPlugin } from '../graph/graph.js'
import { cacheFolder } from './cache-folder.js'
import { checkManifest } from './check-manifest.js'
import { describePlugins } from './describe-plugins.js'
import { describePlugin, type Description } from './description.js'
import { findPluginPackages, type InstalledProvider, type PluginPackage } from './find-plugin-packages.js'
import { guardedImport, type Failure } from './guarded-import.js'
import { ownLook, ownMemory } from './implementation-digest.js'
import { openPackageMemory } from './package-code.js'
import { sharedNamespace, unusablePlugin } from './registry-problems.js'

/** Operations of the plugins that the project lists. */
export interface Registry extends OperationIndex {
  readonly root: string
  /** Every plugin that can be used. */
  readonly installed: readonly InstalledPlugin[]
  /** Those that were asked for, loaded. */
  readonly plugins: readonly { readonly installed: InstalledPlugin; readonly operations: readonly Operation[] }[]
  readonly engines: InstalledProvider | undefined
  readonly weights: InstalledProvider | undefined
  /** Module that writes a first pipeline for a folder of images. */
  readonly starter: InstalledProvider | undefined
  /** Module that writes further operations into a plugin package. */
  readonly generator: InstalledProvider | undefined
  /** Module that shows where in a picture an answer comes from. */
  readonly maps: InstalledProvider | undefined
  /** Module that calibrates prediction sets. */
  readonly sets: InstalledProvider | undefined
  /** Modules of executors, by name. */
  readonly executors: ReadonlyMap<string, InstalledProvider>
  /** Absolute path of the pipeline that `etsef demo` runs. */
  readonly demo: string | undefined
  /** Plugins that cannot be used and may be what was asked for, and why. */
  readonly problems: readonly PipelineError[]
  /** Plugins that cannot be used, or misbehave, and that nothing asked for. */
  readonly notices: readonly string[]
}

/**
 * The plugins among a project's dependencies: packages whose package.json carries `"etsef": { "api": 1, "plugin": "./dist/plugin.js" }`.
 * Imports their light manifests, never an implementation, and only those that are asked for: what the others offer is remembered.
 *
 * @param root - Folder of the project's package.json.
 * @param wanted - Types of the operations that are asked for; left out: all.
 * @param linked - Folders of further plugin packages, which the project does not list: they stand in for an installed one of their name.
 */
export async function loadRegistry(
  root: string,
  wanted?: Iterable<string>,
  linked: readonly string[] = [],
): Promise<Registry> {
  const asked = wanted && new Set([...wanted].map(namespaceOf))
  const unusable: PipelineError[] = []
  const found = findPluginPackages(root, linked, unusable)
  const usable = await describe(root, found.plugins, asked)
  const conflicts = findConflicts(root, usable)
  const notices: string[] = []
  const installed: InstalledPlugin[] = []
  const offered: string[] = []
  const moved = new Map<string, MovedTo>()
  for (const each of usable) {
    const { description, plugin } = each
    const { printed } = description
    if (printed !== undefined)
      notices.push(
        `plugin package "${plugin.name}" prints while it is loaded (${JSON.stringify(printed)}); nothing of it is shown`,
      )
    if ('failure' in description) unusable.push(refusal(root, plugin, description.failure))
    else if (!conflicts.has(description.name)) {
      offered.push(...description.types)
      for (const [type, to] of Object.entries(description.moved ?? {})) moved.set(type, to)
      installed.push(installedPlugin(plugin, description.name))
    }
  }
  const isWanted = (namespace: string): boolean => asked?.has(namespace) ?? true
  const problems: PipelineError[] = []
  const plugins: Registry['plugins'][number][] = []
  const operations = new Map<string, InstalledOperation>()
  const loading = installed.filter(({ name }) => isWanted(name))
  const loaded = await Promise.all(loading.map((plugin) => loadPlugin(root, plugin)))
  for (const [index, result] of loaded.entries()) {
    const plugin = loading[index]!
    if (result instanceof PipelineError) problems.push(result)
    else {
      plugins.push({ installed: plugin, operations: result })
      for (const operation of result) operations.set(operation.type, { operation, plugin })
    }
  }
  for (const [namespace, error] of conflicts)
    if (isWanted(namespace)) problems.push(error)
    else notices.push(noticeOf(error))
  // Which namespace a broken manifest would have been, nobody knows.
  const known = new Set([...installed.map(({ name }) => name), ...conflicts.keys()])
  if (isAnyMissing(asked, known)) problems.push(...unusable)
  else notices.push(...unusable.map(noticeOf))
  const fault = unusable.map((error) => error.message).join('; ')
  return {
    root,
    installed,
    plugins,
    engines: found.engines,
    weights: found.weights,
    starter: found.starter,
    generator: found.generator,
    maps: found.maps,
    sets: found.sets,
    executors: found.executors,
    demo: found.demo,
    problems,
    notices,
    find: (type) => operations.get(type),
    types: () => offered,
    whyMissing(type) {
      const namespace = namespaceOf(type)
      const isFaultOfBroken = unusable.length > 0 && !known.has(namespace)
      const to = moved.get(type)
      if (to) return `it is "${to.type}" now, which ${to.package} brings`
      return conflicts.get(namespace)?.message ?? (isFaultOfBroken ? fault : undefined)
    },
  }
}

function namespaceOf(type: string): string {
  return type.slice(0, Math.max(0, type.indexOf('/')))
}

function isAnyMissing(asked: ReadonlySet<string> | undefined, known: ReadonlySet<string>): boolean {
  return !asked || [...asked].some((namespace) => !known.has(namespace))
}

function noticeOf({ message, place }: PipelineError): string {
  return `${message}${place ? ` (${place.file}:${String(place.line)}:${String(place.column)})` : ''}`
}

interface Described {
  readonly plugin: PluginPackage
  readonly description: Description
}

/** What every plugin offers, or why it cannot be used. */
async function describe(
  root: string,
  plugins: readonly PluginPackage[],
  asked: ReadonlySet<string> | undefined,
): Promise<readonly Described[]> {
  const cache = cacheFolder(root)
  const failures = plugins.map(entryFailure)
  const whole = plugins.filter((_, index) => failures[index] === undefined)
  let descriptions: readonly Description[]
  if (cache === undefined) descriptions = await Promise.all(whole.map(describeHere))
  else {
    const memory = openPackageMemory(join(cache, ownMemory))
    const unknown = whole.map((plugin) => ({
      packageName: plugin.name,
      entry: plugin.entry,
      dir: plugin.dir,
      digest: memory.look(ownLook(plugin.dir, plugin.entry)).digest,
    }))
    memory.save()
    const file = join(cache, 'manifests.json')
    descriptions = await describePlugins(unknown, file)
    const known = new Set(descriptions.flatMap((each) => ('name' in each ? [each.name] : [])))
    // What once took too long, or was killed, may have met a machine that was busy or short of memory.
    if (isAnyMissing(asked, known) && descriptions.some(mayPass))
      descriptions = await describePlugins(unknown, file, (each) => !mayPass(each))
  }
  const byPlugin = new Map(whole.map((plugin, index) => [plugin, descriptions[index]!]))
  return plugins.map((plugin, index) => ({
    plugin,
    description: byPlugin.get(plugin) ?? { failure: failures[index]! },
  }))
}

function mayPass(description: Description): boolean {
  return 'failure' in description && description.failure.mayPass === true
}

async function describeHere({ entry, dir }: PluginPackage): Promise<Description> {
  const imported = await guardedImport(entry, dir)
  if ('failed' in imported) return { failure: imported.failed }
  const checked = checkManifest(imported.exported)
  if ('fault' in checked) return { failure: { message: checked.fault } }
  return describePlugin(checked.plugin)
}

function findConflicts(root: string, plugins: readonly Described[]): ReadonlyMap<string, PipelineError> {
  const names = new Map<string, string[]>()
  for (const { plugin, description } of plugins) {
    if ('name' in description) names.set(description.name, [...(names.get(description.name) ?? []), plugin.name])
  }
  return new Map(
    [...names].flatMap(([namespace, packages]): [string, PipelineError][] => {
      if (packages.length < 2) return []
      return [[namespace, sharedNamespace(namespace, packages, dependencyPlace(root, packages.at(-1)!))]]
    }),
  )
}

/** Where a project's package.json names a dependency. */
function dependencyPlace(root: string, name: string): Place {
  const lines = readFileSync(join(root, 'package.json'), 'utf8').split('\n')
  const line = lines.findIndex((text) => text.includes(JSON.stringify(name)))
  if (line < 0) return { file: 'package.json', line: 1, column: 1 }
  return { file: 'package.json', line: line + 1, column: lines[line]!.indexOf(JSON.stringify(name)) + 1 }
}

function refusal(root: string, { name, dir, entry }: PluginPackage, failure: Failure): PipelineError {
  const { file, line, column } = failure.place ?? { file: entry, line: 1, column: 1 }
  return unusablePlugin(name, failure.message, { file: shownPath(root, file, dir, name), line, column })
}

/** As it is installed in the project, where links lead elsewhere. */
function shownPath(root: string, file: string, dir: string, name: string): string {
  const inside = relative(root, file)
  if (!inside.startsWith('..')) return inside
  const installed = join('node_modules', name, relative(dir, file))
  return existsSync(join(root, installed)) ? installed : file
}

function installedPlugin({ name, manifest, dir, entry }: PluginPackage, namespace: string): InstalledPlugin {
  return { packageName: name, version: manifest.version ?? '', dir, entry, name: namespace }
}

/** What is wrong with where a manifest lies. */
function entryFailure({ dir, entry }: PluginPackage): Failure | undefined {
  const place = { file: join(dir, 'package.json'), line: 1, column: 1 }
  if (!existsSync(entry)) return { message: `it has no file ${relative(dir, entry)}`, place }
  const isOutside = relative(dir, realpathSync(entry)).startsWith('..')
  return isOutside ? { message: 'it names a manifest outside its folder', place } : undefined
}

async function loadPlugin(root: string, plugin: InstalledPlugin): Promise<readonly Operation[] | PipelineError> {
  const imported = await guardedImport(plugin.entry, plugin.dir)
  const checked = 'failed' in imported ? undefined : checkManifest(imported.exported)
  if (checked && 'plugin' in checked) return checked.plugin.operations
  const failure = 'failed' in imported ? imported.failed : { message: checked?.fault ?? '' }
  return refusal(root, { ...plugin, name: plugin.packageName, manifest: {} }, failure)
}

import { apiVersion, type Operation, type PipelineError, type Place, type Plugin } from '@etsef/plugin-api'
import { existsSync, realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { asError, problem } from '../errors.js'
import type { OperationIndex } from '../graph/build-graph.js'
import type { InstalledOperation, InstalledPlugin } from '../graph/graph.js'
import { findPackage, readPackageJson, type PackageJson } from './find-project.js'

/** A module that a package offers beside operations: tensor engines, or published weights. */
export interface InstalledProvider {
  readonly packageName: string
  readonly version: string
  readonly dir: string
  /** Absolute path of the provider module. */
  readonly entry: string
}

/** Operations of the plugins that the project lists. */
export interface Registry extends OperationIndex {
  readonly root: string
  readonly plugins: readonly { readonly installed: InstalledPlugin; readonly operations: readonly Operation[] }[]
  readonly engines: InstalledProvider | undefined
  readonly weights: InstalledProvider | undefined
  /** Plugins that cannot be used, and why. */
  readonly problems: readonly PipelineError[]
}

/**
 * The plugins among a project's dependencies: packages whose package.json carries `"etsef": { "api": 1, "plugin": "./dist/plugin.js" }`.
 * Imports their light manifests, never an implementation.
 *
 * @param root - Folder of the project's package.json.
 */
export async function loadRegistry(root: string): Promise<Registry> {
  const problems: PipelineError[] = []
  const found = findPluginPackages(root, problems)
  const loaded = await Promise.all(found.plugins.map((plugin) => loadPlugin(root, plugin, problems)))
  const plugins = loaded.flatMap((each) => each ?? [])
  const operations = new Map<string, InstalledOperation>()
  for (const { installed, operations: own } of plugins) {
    for (const operation of own) {
      const other = operations.get(operation.type)
      if (other) {
        const message = `Operation "${operation.type}" comes from two packages: ${other.plugin.packageName} and ${installed.packageName}`
        problems.push(
          problem('ERR_PLUGIN', {
            message,
            place: manifestPlace(root, installed.dir),
            hint: 'remove one of them from package.json',
          }),
        )
      } else operations.set(operation.type, { operation, plugin: installed })
    }
  }
  return {
    root,
    plugins,
    engines: found.engines,
    weights: found.weights,
    problems,
    find: (type) => operations.get(type),
    types: () => operations.keys(),
  }
}

interface PluginPackage {
  readonly name: string
  readonly dir: string
  readonly manifest: PackageJson
}

function manifestPlace(root: string, dir: string): Place {
  const inside = relative(root, join(dir, 'package.json'))
  return { file: inside.startsWith('..') ? join(dir, 'package.json') : inside, line: 1, column: 1 }
}

interface FoundPackages {
  readonly plugins: PluginPackage[]
  engines: InstalledProvider | undefined
  weights: InstalledProvider | undefined
}

function findPluginPackages(root: string, problems: PipelineError[]): FoundPackages {
  const found: FoundPackages = { plugins: [], engines: undefined, weights: undefined }
  let own: PackageJson
  try {
    own = readPackageJson(root)
  } catch (thrown) {
    problems.push(
      problem('ERR_PLUGIN', {
        message: `The project's package.json cannot be read: ${asError(thrown).message}`,
        place: { file: 'package.json', line: 1, column: 1 },
      }),
    )
    return found
  }
  for (const name of Object.keys({ ...own.devDependencies, ...own.optionalDependencies, ...own.dependencies }).sort()) {
    const dir = findPackage(name, root)
    if (dir === undefined) continue
    let manifest: PackageJson
    try {
      manifest = readPackageJson(dir)
    } catch {
      continue
    }
    const entry = manifest.etsef
    if (!entry) continue
    const place = manifestPlace(root, dir)
    if (entry.api !== apiVersion) {
      const message = `Package "${name}" is written against version ${JSON.stringify(entry.api)} of the plugin contract`
      problems.push(
        problem('ERR_PLUGIN', {
          message,
          place,
          expected: `"api": ${String(apiVersion)}`,
          hint: `install a version of ${name} for this runner`,
        }),
      )
      continue
    }
    if (typeof entry.plugin === 'string') found.plugins.push({ name, dir, manifest })
    const provider = (path: unknown): InstalledProvider | undefined =>
      typeof path === 'string'
        ? { packageName: name, version: manifest.version ?? '', dir, entry: join(dir, path) }
        : undefined
    found.engines ??= provider(entry.engines)
    found.weights ??= provider(entry.weights)
  }
  return found
}

async function loadPlugin(
  root: string,
  found: PluginPackage,
  problems: PipelineError[],
): Promise<Registry['plugins'][number] | undefined> {
  const { name, dir, manifest } = found
  const place = manifestPlace(root, dir)
  const refuse = (message: string, hint?: string, cause?: unknown): Registry['plugins'][number] | undefined => {
    problems.push(problem('ERR_PLUGIN', { message: `Plugin package "${name}" ${message}`, place, hint, cause }))
    return undefined
  }
  const path = manifest.etsef?.plugin
  const entry = join(dir, typeof path === 'string' ? path : '')
  if (!existsSync(entry)) {
    refuse(`has no file ${relative(dir, entry)}`, 'build or install the package again')
    return
  }
  if (relative(dir, realpathSync(entry)).startsWith('..')) {
    refuse('names a manifest outside its folder')
    return
  }
  let plugin: Plugin | undefined
  try {
    plugin = ((await import(pathToFileURL(entry).href)) as { default?: Plugin }).default
  } catch (thrown) {
    refuse(`cannot be loaded: ${asError(thrown).message}`, 'build or install the package again', thrown)
    return
  }
  if (!plugin || typeof plugin.name !== 'string' || !Array.isArray(plugin.operations)) {
    refuse('does not export a plugin as its default', 'export default definePlugin({ … })')
    return
  }
  if (plugin.apiVersion !== apiVersion) {
    refuse(`speaks version ${String(plugin.apiVersion)} of the plugin contract, not ${String(apiVersion)}`)
    return
  }
  const installed: InstalledPlugin = {
    packageName: name,
    version: manifest.version ?? '',
    dir,
    entry,
    name: plugin.name,
  }
  return { installed, operations: plugin.operations }
}

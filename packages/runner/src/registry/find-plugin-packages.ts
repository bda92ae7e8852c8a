import { apiVersion, type PipelineError, type Place } from '@etsef/plugin-api'
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { asError, problem } from '../errors.js'
import { findPackage, readPackageJson, type PackageJson } from './find-project.js'
import { notAPlugin, otherContractCopy, otherContractVersion, unreadableProject } from './registry-problems.js'

/** A module that a package offers beside operations: tensor engines, published weights, a first pipeline, further operations of a package, maps of pictures, or prediction sets. */
export interface InstalledProvider {
  readonly packageName: string
  readonly version: string
  readonly dir: string
  /** Absolute path of the provider module. */
  readonly entry: string
}

/** An installed package with operations, not loaded yet. */
export interface PluginPackage {
  readonly name: string
  readonly dir: string
  /** Absolute path of the manifest module. */
  readonly entry: string
  readonly manifest: PackageJson
}

/** What the packages of a project offer. */
export interface FoundPackages {
  readonly plugins: PluginPackage[]
  engines: InstalledProvider | undefined
  weights: InstalledProvider | undefined
  /** Module that writes a first pipeline for a folder of images. */
  starter: InstalledProvider | undefined
  /** Module that writes further operations into a plugin package. */
  generator: InstalledProvider | undefined
  /** Module that shows where in a picture an answer comes from. */
  maps: InstalledProvider | undefined
  /** Module that calibrates prediction sets. */
  sets: InstalledProvider | undefined
  /** Modules of executors, by name. */
  readonly executors: Map<string, InstalledProvider>
  /** Absolute path of the pipeline that `etsef demo` runs. */
  demo: string | undefined
}

interface Package {
  readonly name: string
  readonly dir: string
  readonly manifest: PackageJson
}

/**
 * The packages that a project lists and that carry an `etsef` field, and what each offers; of a bundle (`"bundle": true`) also what it lists itself.
 *
 * @param linked - Folders of further packages: each stands in for an installed one of its name.
 */
export function findPluginPackages(root: string, linked: readonly string[], problems: PipelineError[]): FoundPackages {
  const found: FoundPackages = {
    plugins: [],
    engines: undefined,
    weights: undefined,
    starter: undefined,
    generator: undefined,
    maps: undefined,
    sets: undefined,
    executors: new Map(),
    demo: undefined,
  }
  for (const each of listedPackages(root, linked, problems)) {
    const { name, dir, manifest } = each
    const entry = manifest.etsef
    if (!entry) continue
    const fault = contractFault(root, each)
    if (fault) {
      problems.push(fault)
      continue
    }
    if (typeof entry.plugin === 'string') found.plugins.push({ name, dir, manifest, entry: join(dir, entry.plugin) })
    const provider = (path: unknown): InstalledProvider | undefined =>
      typeof path === 'string'
        ? { packageName: name, version: manifest.version ?? '', dir, entry: join(dir, path) }
        : undefined
    found.engines ??= provider(entry.engines)
    found.weights ??= provider(entry.weights)
    found.starter ??= provider(entry.starter)
    found.generator ??= provider(entry.generator)
    found.maps ??= provider(entry.maps)
    found.sets ??= provider(entry.sets)
    for (const [executor, path] of Object.entries(entry.executors ?? {})) {
      const offered = provider(path)
      if (offered && !found.executors.has(executor)) found.executors.set(executor, offered)
    }
    found.demo ??= typeof entry.demo === 'string' ? join(dir, entry.demo) : undefined
  }
  return found
}

/** By name, each once: what the project lists comes before what a bundle lists. */
function listedPackages(root: string, linked: readonly string[], problems: PipelineError[]): readonly Package[] {
  const own = readProject(root, problems)
  const packages = new Map<string, Package>()
  for (const path of linked) {
    const dir = resolve(path)
    const manifest = readLinked(dir, problems)
    if (manifest) packages.set(manifest.name ?? dir, { name: manifest.name ?? dir, dir: realpathSync(dir), manifest })
  }
  const add = (names: readonly string[], from: string): void => {
    for (const name of names) {
      const dir = packages.has(name) ? undefined : findPackage(name, from)
      const manifest = dir === undefined ? undefined : tryRead(dir)
      if (dir !== undefined && manifest) packages.set(name, { name, dir, manifest })
    }
  }
  if (own) add(Object.keys({ ...own.devDependencies, ...own.optionalDependencies, ...own.dependencies }), root)
  for (const { dir, manifest } of [...packages.values()])
    if (manifest.etsef?.bundle === true) add(Object.keys(manifest.dependencies ?? {}), dir)
  return [...packages.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function readProject(root: string, problems: PipelineError[]): PackageJson | undefined {
  try {
    return readPackageJson(root)
  } catch (thrown) {
    problems.push(unreadableProject(asError(thrown).message))
    return undefined
  }
}

function readLinked(dir: string, problems: PipelineError[]): PackageJson | undefined {
  const place = { file: join(dir, 'package.json'), line: 1, column: 1 }
  try {
    const manifest = readPackageJson(dir)
    if (manifest.etsef) return manifest
    problems.push(notAPlugin(dir, place))
  } catch (thrown) {
    problems.push(
      problem('ERR_PLUGIN', { message: `The folder of a plugin cannot be read: ${asError(thrown).message}`, place }),
    )
  }
  return undefined
}

function tryRead(dir: string): PackageJson | undefined {
  try {
    return readPackageJson(dir)
  } catch {
    return undefined
  }
}

/** What stands between a package and this runner: another version of the contract, or a copy of it beside the runner's. */
function contractFault(root: string, { name, dir, manifest }: Package): PipelineError | undefined {
  const place = manifestPlace(root, dir)
  const spoken = manifest.etsef?.api
  if (spoken !== apiVersion) return otherContractVersion(name, spoken, place)
  const other = otherCopy({ name, dir, manifest }, ownContract(), new Set())
  if (!other) return undefined
  return otherContractCopy({
    name,
    through: other.by.name === name ? undefined : other.by.name,
    contract: contractName,
    own: describeCopy(root, ownContract()),
    other: describeCopy(root, other.contract),
    isLinked: !dir.split(sep).includes('node_modules'),
    place: manifestPlace(root, other.by.dir),
  })
}

/** The first package, of one and those that it stands on, that loads a copy of the contract which is not `own`. */
function otherCopy(
  by: Package,
  own: string | undefined,
  met: Set<string>,
): { readonly by: Package; readonly contract: string } | undefined {
  if (met.has(by.dir)) return undefined
  met.add(by.dir)
  const contract = findPackage(contractName, by.dir)
  if (contract !== undefined && contract !== own) return { by, contract }
  for (const name of Object.keys({ ...by.manifest.dependencies, ...by.manifest.peerDependencies })) {
    const dir = findPackage(name, by.dir)
    const manifest = dir === undefined ? undefined : tryRead(dir)
    // What does not name the contract loads none.
    if (dir === undefined || !manifest || !namesContract(manifest)) continue
    const other = otherCopy({ name, dir, manifest }, own, met)
    if (other) return other
  }
  return undefined
}

function namesContract({ dependencies, peerDependencies }: PackageJson): boolean {
  return [dependencies, peerDependencies].some((names) => names && Object.hasOwn(names, contractName))
}

const contractName = '@etsef/plugin-api'

function ownContract(): string | undefined {
  return findPackage(contractName, dirname(fileURLToPath(import.meta.url)))
}

function describeCopy(root: string, dir: string | undefined): string {
  if (dir === undefined) return 'none'
  const inside = relative(root, dir)
  return `${tryRead(dir)?.version ?? 'unknown version'} at ${inside.startsWith('..') ? dir : inside}`
}

function manifestPlace(root: string, dir: string): Place {
  const file = join(dir, 'package.json')
  const inside = relative(root, file)
  return { file: inside.startsWith('..') && existsSync(file) ? file : inside, line: 1, column: 1 }
}

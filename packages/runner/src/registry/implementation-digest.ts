import { canonicalJson } from '@etsef/plugin-api'
import { createHash } from 'node:crypto'
import { dirname, join, relative, sep } from 'node:path'
import type { InstalledPlugin } from '../graph/graph.js'
import { cacheFolder } from './cache-folder.js'
import { findPackage, readPackageJson } from './find-project.js'
import {
  openPackageMemory,
  type PackageCode,
  type PackageLook,
  type PackageMemory,
  type SeenFile,
} from './package-code.js'

/** Parts of the contract that only check or describe, and change no result. */
const contractExclusions =
  /^dist\/(errors|nearest-name|options|port|define-|engine-provider|weights-provider|context|testing)/

/** File in which is kept what is known of plugins and linked packages. */
export const ownMemory = 'plugins.json'

/** How a plugin's own package is looked at. */
export function ownLook(dir: string, entry: string): PackageLook {
  return {
    dir,
    entryFolder: relative(dir, dirname(entry)).split(sep)[0] ?? '',
    runsTypeScript: /\.[cm]?ts$/.test(entry),
    isInstalled: false,
  }
}

function exclusionsOf(dir: string): RegExp | undefined {
  return readPackageJson(dir).name === '@etsef/plugin-api' ? contractExclusions : undefined
}

/** What one package adds to the code of a plugin. */
export interface CodePart {
  readonly name: string
  readonly version?: string
  /** Empty where the version alone tells. */
  readonly digest: string
  /** sha256 by path; left out of packages that were installed, of which a package is the unit. */
  readonly files?: Readonly<Record<string, string>>
}

/** The code of a plugin: its own package first, then every package that it stands on, by name. */
export interface PluginCode {
  readonly digest: string
  readonly parts: readonly CodePart[]
  /** Every file of it, by its absolute path. */
  readonly seen: readonly SeenFile[]
}

/** Gives the code of plugins, each looked at once. */
export interface ImplementationDigests {
  of(plugin: InstalledPlugin): PluginCode
  save(): void
}

/**
 * What plugins' results depend on beside options: every file of the plugin's package, of linked packages and of the packages that they
 * name as dependencies, what their code names by a relative path elsewhere, and the version of every package below.
 *
 * @param folder - Where is kept what is known of plugins and linked packages; of installed ones, it is kept beside them.
 */
export function implementationDigests(folder: string, isParanoid = false): ImplementationDigests {
  const ownFile = join(folder, ownMemory)
  const memories = new Map<string, PackageMemory>()
  const memoryFor = (installed: string | undefined): PackageMemory => {
    const file = (installed === undefined ? undefined : sharedMemory(installed)) ?? ownFile
    const memory = memories.get(file) ?? openPackageMemory(file, isParanoid)
    memories.set(file, memory)
    return memory
  }
  const packages = new Map<string, PackageCode>()
  const look = (dir: string, plugin: InstalledPlugin | undefined): PackageCode => {
    const isInstalled = !isLinked(dir)
    const id = `${dir} ${plugin?.entry ?? ''}`
    const code =
      packages.get(id) ??
      memoryFor(plugin === undefined && isInstalled ? dir : undefined).look(
        plugin
          ? ownLook(dir, plugin.entry)
          : { dir, entryFolder: isInstalled ? '' : 'dist', isInstalled, except: exclusionsOf(dir) },
      )
    packages.set(id, code)
    return code
  }
  const known = new Map<string, PluginCode>()
  const nodes = new Map<string, PackageNode>()
  return {
    of(plugin) {
      const code = known.get(plugin.dir) ?? pluginCode(plugin, nodes, look)
      known.set(plugin.dir, code)
      return code
    },
    save: () => {
      for (const memory of memories.values()) memory.save()
    },
  }
}

/** A package and the folders of those that it names. */
interface PackageNode {
  readonly name: string
  readonly version: string | undefined
  readonly dependencies: readonly string[]
}

function readNode(dir: string): PackageNode {
  const { name, version, dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } =
    readPackageJson(dir)
  // An optional peer is a tool, or an engine, whose version the engine's id tells.
  const peers = Object.keys(peerDependencies ?? {}).filter((peer) => !peerDependenciesMeta?.[peer]?.optional)
  const names = new Set([...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers])
  return { name: name ?? dir, version, dependencies: [...names].flatMap((each) => findPackage(each, dir) ?? []) }
}

function pluginCode(
  plugin: InstalledPlugin,
  nodes: Map<string, PackageNode>,
  look: (dir: string, plugin: InstalledPlugin | undefined) => PackageCode,
): PluginCode {
  const met = new Map<string, PackageNode>()
  const direct = new Set<string>()
  const open = [plugin.dir]
  for (let dir = open.pop(); dir !== undefined; dir = open.pop()) {
    if (met.has(dir)) continue
    const node = nodes.get(dir) ?? readNode(dir)
    nodes.set(dir, node)
    met.set(dir, node)
    if (dir === plugin.dir || isLinked(dir)) for (const found of node.dependencies) direct.add(found)
    open.push(...node.dependencies)
  }
  const seen: PackageCode['seen'][] = []
  const parts = [...met].map(([dir, { name, version }]): CodePart => {
    const isOwn = dir === plugin.dir
    // A linked package is worked on here: its files count, not its version.
    const told = version === undefined || (!isOwn && isLinked(dir)) ? {} : { version }
    // Dependencies of installed packages are identified by their versions alone: reading all of their files would take longer than most
    // pipelines run.
    if (!isOwn && !isLinked(dir) && !direct.has(dir)) return { name, ...told, digest: '' }
    const code = look(dir, isOwn ? plugin : undefined)
    seen.push(code.seen)
    const files = isOwn || isLinked(dir) ? { files: Object.fromEntries(code.files) } : {}
    return { name, ...told, digest: code.digest, ...files }
  })
  const [own, ...others] = parts
  const sorted = [own!, ...others.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))]
  const ingredients = sorted.map(({ name, version, digest }) => [name, version ?? null, digest])
  return {
    digest: createHash('sha256').update(canonicalJson(ingredients)).digest('hex'),
    parts: sorted,
    seen: seen.flat(),
  }
}

function orderOf({ name, version, digest }: CodePart): string {
  return `${name} ${version ?? ''} ${digest}`
}

/** A package that does not lie in a node_modules folder is worked on here. */
function isLinked(dir: string): boolean {
  return !dir.split(sep).includes('node_modules')
}

/** Beside installed packages, so that every store and project that uses them knows them; `undefined` where nothing can be written. */
function sharedMemory(dir: string): string | undefined {
  const folder = cacheFolder(dir.slice(0, dir.indexOf(`${sep}node_modules${sep}`)))
  return folder === undefined ? undefined : join(folder, 'installed.json')
}

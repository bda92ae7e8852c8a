import { canonicalJson } from '@etsef/plugin-api'
import { createHash } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import type { InstalledPlugin } from '../graph/graph.js'
import { findPackage, readPackageJson } from './find-project.js'
import { openPackageMemory, type PackageCode, type PackageMemory } from './package-code.js'
import type { Identity } from './package-files.js'

/** Parts of the contract that only check or describe, and change no result. */
const contractExclusions =
  /^dist\/(errors|nearest-name|options|port|define-|engine-provider|weights-provider|context|testing)/

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
  readonly seen: readonly (readonly [path: string, identity: Identity])[]
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
 * @param cacheFile - Where is kept what is known of packages that are worked on; of installed ones, it is kept beside them.
 */
export function implementationDigests(cacheFile: string, isParanoid = false): ImplementationDigests {
  const memories = new Map<string, PackageMemory>()
  const memoryFor = (dir: string): PackageMemory => {
    const file = sharedMemory(dir) ?? cacheFile
    const memory = memories.get(file) ?? openPackageMemory(file, isParanoid)
    memories.set(file, memory)
    return memory
  }
  const packages = new Map<string, PackageCode>()
  const look = (dir: string, plugin: InstalledPlugin | undefined): PackageCode => {
    const isInstalled = plugin === undefined && !isLinked(dir)
    const id = `${dir} ${plugin?.entry ?? ''}`
    const code =
      packages.get(id) ??
      memoryFor(dir).look({
        dir,
        entryFolder: plugin ? (relative(dir, dirname(plugin.entry)).split(sep)[0] ?? '') : isInstalled ? '' : 'dist',
        runsTypeScript: plugin !== undefined && /\.[cm]?ts$/.test(plugin.entry),
        isInstalled,
        except: readPackageJson(dir).name === '@etsef/plugin-api' ? contractExclusions : undefined,
      })
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
    // What installed packages stand on in turn is told by its version; asking for its files would cost more than most pipelines.
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
  const parts = dir.split(sep)
  const at = parts.indexOf('node_modules')
  if (at < 0) return undefined
  const folder = parts.slice(0, at + 1).join(sep)
  try {
    accessSync(folder, constants.W_OK)
    return join(folder, '.cache', 'etsef', 'code.json')
  } catch {
    return undefined
  }
}

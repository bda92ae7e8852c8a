import { canonicalJson } from '@etsef/plugin-api'
import { createHash } from 'node:crypto'
import { readdirSync, type Dirent } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import type { InstalledPlugin } from '../graph/graph.js'
import { openStatCache, type StatCache } from '../store/stat-cache.js'
import { findPackage, readPackageJson } from './find-project.js'

/** Parts of the contract that only check or describe, and change no result. */
const contractExclusions =
  /^(errors|nearest-name|options|port|define-|engine-provider|weights-provider|context|testing)/

/** Gives the digest of a plugin's code, each computed once. */
export interface ImplementationDigests {
  of(plugin: InstalledPlugin): string
  save(): void
}

/**
 * Digests of what plugins' results depend on beside options: the built files of the plugin and of the workspace packages it links,
 * and name and version of every other package it names as a dependency.
 *
 * @param cacheFile - Where the stat cache is kept.
 */
export function implementationDigests(cacheFile: string, isParanoid = false): ImplementationDigests {
  const cache = openStatCache(cacheFile, isParanoid)
  const known = new Map<string, string>()
  return {
    of(plugin) {
      const digest = known.get(plugin.dir) ?? digestPlugin(plugin, cache)
      known.set(plugin.dir, digest)
      return digest
    },
    save: () => {
      cache.save()
    },
  }
}

function digestPlugin(plugin: InstalledPlugin, cache: StatCache): string {
  const parts: Record<string, unknown> = {}
  const open = [plugin.dir]
  const seen = new Set(open)
  for (let dir = open.pop(); dir !== undefined; dir = open.pop()) {
    const manifest = readPackageJson(dir)
    const name = manifest.name ?? dir
    const topFolder = dir === plugin.dir ? relative(dir, dirname(plugin.entry)).split(sep)[0] : 'dist'
    parts[name] = {
      version: dir === plugin.dir ? manifest.version : undefined,
      files: digestCode(name, dir, topFolder ?? '', cache),
    }
    for (const dependency of Object.keys({
      ...manifest.dependencies,
      ...manifest.peerDependencies,
      ...manifest.optionalDependencies,
    })) {
      const found = findPackage(dependency, dir)
      if (found === undefined) parts[dependency] ??= 'missing'
      else if (!isLinked(found)) parts[dependency] ??= readPackageJson(found).version ?? ''
      else if (!seen.has(found)) {
        seen.add(found)
        open.push(found)
      }
    }
  }
  return createHash('sha256').update(canonicalJson(parts)).digest('hex')
}

/** A package that does not lie in a node_modules folder is worked on here: its files count, not its version. */
function isLinked(dir: string): boolean {
  return !dir.split(sep).includes('node_modules')
}

function digestCode(name: string, dir: string, topFolder: string, cache: StatCache): string {
  const root = join(dir, topFolder)
  const files: string[] = []
  collect(root, files)
  const hash = createHash('sha256')
  for (const file of files.sort()) {
    const inside = relative(root, file).split(sep).join('/')
    if (name === '@etsef/plugin-api' && contractExclusions.test(inside)) continue
    hash.update(`${inside}\u0000${cache.digest(file)}\n`)
  }
  return hash.digest('hex')
}

function collect(dir: string, files: string[]): void {
  let entries: Dirent[]
  try {
    entries = readdirSync(dir, { withFileTypes: true })
  } catch {
    return
  }
  for (const entry of entries) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) {
      if (entry.name !== 'node_modules' && !entry.name.startsWith('.') && entry.name !== 'out-tsc') collect(path, files)
    } else if (
      /\.([cm]?js|json|wasm|node)$/.test(entry.name) &&
      !/\.(test|spec)\.[cm]?js$/.test(entry.name) &&
      !entry.name.endsWith('.tsbuildinfo')
    )
      files.push(path)
  }
}

import type { WeightsEntry, WeightsProvider, WeightsState } from '@etsef/plugin-api'
import { nearestName } from '@etsef/plugin-api/semantics'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { buildArchitecture } from '../architectures/build-architecture.js'
import { countParameters } from '../graph/parameters.js'
import { badWeights } from '../errors.js'
import { type PublishedWeights, publishedWeights } from './published-weights.js'
import { cachedWeightsPath, matches, pullWeights, showChecksum, verifyWeights } from './pull-weights.js'

/** Folder of published weights: `$XDG_CACHE_HOME/etsef/weights`, or below `~/.cache`. */
function weightsCacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'etsef', 'weights')
}

/**
 * Published weights for `etsef weights list | pull | verify`.
 *
 * @param entries - What can be pulled; default the whole catalogue.
 */
export function weightsProviderOf(entries: readonly PublishedWeights[]): WeightsProvider {
  const find = (name: string): PublishedWeights => {
    const entry = entries.find(({ id }) => id === name)
    if (entry === undefined) throw unknown(name, entries)
    return entry
  }
  return {
    list: ({ dir = weightsCacheRoot() } = {}) => Promise.resolve(entries.map((entry) => describe(entry, dir))),
    pull: async (name, options = {}) => {
      const { dir = weightsCacheRoot(), signal } = options
      const onProgress = (bytes: number, total: number | undefined): void => options.onProgress?.(bytes, total)
      return { path: await pullWeights(find(name), { dir, onProgress, ...(signal === undefined ? {} : { signal }) }) }
    },
    verify: async (nameOrPath, { dir = weightsCacheRoot() } = {}) => {
      if (existsSync(nameOrPath)) return verifyFile(resolve(nameOrPath), entries)
      const entry = find(nameOrPath)
      return { name: entry.id, path: cachedWeightsPath(entry, dir), state: await verifyWeights(entry, dir) }
    },
  }
}

/** A file anywhere, known by the publisher's name for it, or under another name by its checksum. */
async function verifyFile(
  path: string,
  entries: readonly PublishedWeights[],
): Promise<{ readonly name: string; readonly path: string; readonly state: WeightsState }> {
  const named = entries.filter(({ url }) => basename(new URL(url).pathname) === basename(path))
  for (const { id, checksum } of named) {
    if (checksum === undefined) return { name: id, path, state: 'unchecked' }
    return { name: id, path, state: (await matches(path, checksum)) ? 'ok' : 'wrong' }
  }
  for (const { id, checksum } of entries) {
    if (checksum !== undefined && (await matches(path, checksum))) return { name: id, path, state: 'ok' }
  }
  throw badWeights(`${path} is none of the published weights`, {
    expected: 'a file with a publisher’s name or checksum',
    hint: '`etsef weights list` says what there is',
  })
}

function describe(entry: PublishedWeights, dir: string): WeightsEntry {
  const path = cachedWeightsPath(entry, dir)
  const { id, url, checksum, options } = entry
  const known = checksum === undefined ? 'no checksum published' : showChecksum(checksum)
  const variant = options.variant === undefined ? '' : `, variant: ${options.variant}`
  const width = options.width === undefined ? '' : `, width: ${options.width}`
  return {
    name: id,
    summary: `architecture: ${entry.architecture}${variant}${width}; ImageNet, ${sizeOf(entry)}, ${known}`,
    options: {
      architecture: entry.architecture,
      ...(options.variant !== undefined && { variant: options.variant }),
      ...(options.width !== undefined && { width: options.width }),
    },
    url,
    path,
    state: existsSync(path) ? 'unchecked' : 'missing',
  }
}

/** The publisher's size, or four bytes a parameter. */
function sizeOf({ architecture, options, megabytes }: PublishedWeights): string {
  if (megabytes !== undefined) return `${megabytes} MB`
  return `about ${Math.round((4 * countParameters(buildArchitecture(architecture, options)).total) / 1e6)} MB`
}

function unknown(name: string, entries: readonly PublishedWeights[]): Error {
  const names = entries.map(({ id }) => id)
  const near = nearestName(name, names)
  const same = names.filter((each) => each.split('/')[0] === name.split('/')[0])
  return badWeights(`there are no published weights "${name}"`, {
    expected: (same.length > 0 ? same : names).join(', '),
    hint: near === undefined ? '`etsef weights list` says what there is' : `did you mean "${near}"?`,
  })
}

/** The weights of this package, for the runner. */
const provider: WeightsProvider = weightsProviderOf(publishedWeights)

export default provider

import { keptCode } from '../registry/code-record.js'
import type { CodePart, PluginCode } from '../registry/implementation-digest.js'

/**
 * The first thing in which the code of a plugin differs from what it was: a file of it, or a package that it stands on.
 *
 * @returns Words that follow "changed: "; `undefined` when nothing differs.
 */
function describeCodeChange(before: readonly CodePart[], now: readonly CodePart[]): string | undefined {
  const old = byName(before)
  const own = now[0]?.name
  for (const [name, parts] of byName(now)) {
    const was = old.get(name)
    if (!was) return `package "${name}" is new`
    const change = partChange(was, parts, name === own)
    if (change !== undefined) return change
  }
  const names = new Set(now.map(({ name }) => name))
  const gone = before.find(({ name }) => !names.has(name))
  return gone && `package "${gone.name}" is gone`
}

/** Several versions of one package may be installed. */
function byName(parts: readonly CodePart[]): ReadonlyMap<string, readonly CodePart[]> {
  const groups = new Map<string, CodePart[]>()
  for (const part of parts) groups.set(part.name, [...(groups.get(part.name) ?? []), part])
  return groups
}

function partChange(before: readonly CodePart[], now: readonly CodePart[], isOwn: boolean): string | undefined {
  const name = now[0]!.name
  const versions = (parts: readonly CodePart[]): string => parts.map(({ version }) => version ?? '').join(', ')
  const files = fileChange(before[0]?.files, now[0]?.files)
  if (files !== undefined) return isOwn ? files : `${files} of package "${name}"`
  if (versions(before) !== versions(now))
    return `${isOwn ? 'its version' : `package "${name}"`} from ${versions(before)} to ${versions(now)}`
  const isSame = before.length === now.length && before.every(({ digest }, index) => digest === now[index]!.digest)
  return isSame ? undefined : `package "${name}" ${versions(now)} has other files than before`
}

type Files = CodePart['files']

function fileChange(before: Files, now: Files): string | undefined {
  if (!before || !now) return undefined
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort()
  const differing = names.filter((name) => before[name] !== now[name])
  const stateOf = (name: string): string =>
    before[name] === undefined ? ' is new' : now[name] === undefined ? ' is gone' : ''
  // A changed file may have brought the new ones and left the others.
  const changed = ['', ' is new', ' is gone'].flatMap((state) => differing.filter((name) => stateOf(name) === state))
  const [first] = changed
  if (first === undefined) return undefined
  return `file ${first}${stateOf(first)}${changed.length > 1 ? ` and ${String(changed.length - 1)} more` : ''}`
}

/** Words for what changed between two digests of a plugin's code. */
export type CodeChange = (before: string, now: string) => string | undefined

/**
 * What of a plugin's code changed between two digests, in words.
 *
 * @param storeDir - Where what was run is kept.
 * @param codes - What the plugins are made of now.
 */
export function codeChanges(storeDir: string, codes: ReadonlyMap<string, PluginCode>): CodeChange {
  return (before: string, now: string): string | undefined => {
    const [was, is] = [keptCode(storeDir, before), codes.get(now)?.parts ?? keptCode(storeDir, now)]
    return was && is && describeCodeChange(was, is)
  }
}

import type { Place } from '@etsef/plugin-api'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { finished } from './finished.js'
import type { PackageJson } from './find-project.js'
import { placeInText } from './place-in-text.js'

/** Something wrong with what npm would pack: in a file, or at a word of package.json. */
export interface PackedProblem {
  readonly place?: Place
  readonly word: string
  readonly message: string
}

/** Compares what npm would pack with what package.json names and what the modules of the plugin import. */
export async function checkPacked(dir: string, manifest: PackageJson): Promise<readonly PackedProblem[]> {
  const { code, stdout, stderr } = await finished('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], dir)
  if (code !== 0) return [{ word: 'files', message: `npm cannot pack it: ${stderr || stdout}` }]
  const [{ files }] = JSON.parse(stdout) as [{ readonly files: readonly { readonly path: string }[] }]
  const packed = new Set(files.map(({ path }) => path))
  const problems: PackedProblem[] = []
  for (const path of packed)
    if (/\.(test|spec|test-d)\.[cm]?[jt]s$/.test(path)) problems.push({ word: 'files', message: `${path} is a test` })
  if (![...packed].some((path) => /^readme(\.|$)/i.test(path)))
    problems.push({ word: 'files', message: 'it has no README' })
  for (const target of new Set([...targets(manifest.exports), ...targets(manifest.etsef)])) {
    const path = posix.normalize(target)
    if (packed.has(path)) continue
    const why = existsSync(join(dir, path)) ? 'is not packed' : 'is not there: build the package'
    problems.push({ word: target, message: `${path} ${why}` })
  }
  const entry = manifest.etsef?.plugin
  if (typeof entry === 'string') problems.push(...unpackedImports(dir, posix.normalize(entry), packed))
  return problems
}

/** Paths that a value of package.json names, however deep; patterns are passed over. */
function targets(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.startsWith('./') && !value.includes('*') ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(targets) : []
}

const relativeImport = /(?:\bfrom|\bimport)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g

/** Modules that the plugin imports by a relative path, from its entry on, and that would not be packed. */
function unpackedImports(dir: string, entry: string, packed: ReadonlySet<string>): readonly PackedProblem[] {
  const problems: PackedProblem[] = []
  const seen = new Set<string>([entry])
  for (const file of seen) {
    if (!existsSync(join(dir, file))) continue
    const text = readFileSync(join(dir, file), 'utf8')
    for (const [, specifier] of text.matchAll(relativeImport)) {
      const target = posix.join(dirname(file), specifier!)
      if (seen.has(target)) continue
      seen.add(target)
      if (packed.has(target)) continue
      const why = existsSync(join(dir, target)) ? 'is not packed' : 'is not there'
      problems.push({
        place: placeInText(file, text, specifier!),
        word: target,
        message: `it imports ${target}, which ${why}`,
      })
    }
  }
  return problems
}

import type { Place } from '@etsef/plugin-api'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { asError } from '../errors.js'
import type { InstalledPlugin } from '../graph/graph.js'
import { checkPacked } from './check-packed.js'
import { finished } from './finished.js'
import { findPackage, type PackageJson } from './find-project.js'
import { implementationDigests } from './implementation-digest.js'
import { loadRegistry } from './load-registry.js'
import { placeInText } from './place-in-text.js'

/** What is looked at, in this order. */
export type PackageStep = 'manifest' | 'types' | 'packed files' | 'digest' | 'conformance'

/** Something that keeps a package from being published, and where. */
export interface PackageProblem {
  readonly step: PackageStep
  /** File relative to the package. */
  readonly place: Place
  readonly message: string
}

/** A package of operations as its author has it. */
export interface CheckedPackage {
  readonly name: string
  readonly version: string
  readonly operations: readonly string[]
  /** Of its code and what it stands on; left out where there is no usable plugin. */
  readonly digest?: string
  readonly problems: readonly PackageProblem[]
}

/** What npm runs on the machine of whoever installs the package. */
const installScripts = ['preinstall', 'install', 'postinstall']

/**
 * Looks at a package of operations as whoever installs it will find it: manifest, types, packed files, digest of its code, conformance.
 * Nothing stops at the first problem; what cannot be looked at for one is passed over.
 *
 * @param dir - Absolute path of the package. It has been built, and what it needs for its tests is installed.
 */
export async function checkPackage(dir: string): Promise<CheckedPackage> {
  const problems: PackageProblem[] = []
  const text = readFileSync(join(dir, 'package.json'), 'utf8')
  const add = (step: PackageStep, place: Place, message: string): void => {
    problems.push({ step, place, message: oneLine(message) })
  }
  let manifest: PublishedManifest
  try {
    manifest = JSON.parse(text) as PublishedManifest
  } catch (thrown) {
    add('manifest', { file: 'package.json', line: 1, column: 1 }, asError(thrown).message)
    return { name: '', version: '', operations: [], problems }
  }
  const inManifest = (step: PackageStep, word: string, message: string): void => {
    add(step, placeInText('package.json', text, JSON.stringify(word)), message)
  }
  checkFields(manifest, (word, message) => {
    inManifest('manifest', word, message)
  })
  const registry = await loadRegistry(dir, undefined, [dir])
  for (const { message, place } of registry.problems)
    if (place && !place.file.split('/').includes('node_modules'))
      add('manifest', { ...place, file: insideOf(dir, place.file) }, message)
  const own = registry.plugins.find(({ installed }) => installed.dir === dir)
  await checkTypes(dir, add)
  for (const { place, word, message } of await checkPacked(dir, manifest)) {
    if (place) add('packed files', place, message)
    else inManifest('packed files', word, message)
  }
  const digest = own && digestOf(own.installed, add)
  const operations = own?.operations.map(({ type }) => type) ?? []
  await checkConformance(dir, operations, add)
  return {
    name: manifest.name ?? '',
    version: manifest.version ?? '',
    operations,
    ...(digest === undefined ? {} : { digest }),
    problems,
  }
}

type Add = (step: PackageStep, place: Place, message: string) => void

interface PublishedManifest extends PackageJson {
  readonly keywords?: unknown
  readonly scripts?: Readonly<Record<string, string>>
}

function checkFields(manifest: PublishedManifest, add: (word: string, message: string) => void): void {
  const contract = '@etsef/plugin-api'
  if (manifest.name === undefined) add('name', 'it has no name')
  if (manifest.version === undefined) add('version', 'it has no version')
  if (manifest.type !== 'module') add('type', 'it has no "type": "module", and operations are ES modules')
  if (!Array.isArray(manifest.keywords) || !manifest.keywords.includes('etsef-plugin'))
    add('keywords', 'its keywords lack "etsef-plugin", by which it is found')
  if (manifest.peerDependencies?.[contract] === undefined)
    add('peerDependencies', `${contract} is not among its peer dependencies`)
  if (manifest.dependencies?.[contract] !== undefined)
    add(contract, `${contract} is a dependency: a second copy of it may be installed; make it a peer`)
  if (typeof manifest.etsef?.plugin !== 'string') add('etsef', 'its "etsef" names no "plugin"')
  for (const name of installScripts)
    if (manifest.scripts?.[name] !== undefined) add(name, `it has a script "${name}", which runs where it is installed`)
}

/** What TypeScript says, of the package's own version. */
async function checkTypes(dir: string, add: Add): Promise<void> {
  const compiler = findPackage('typescript', dir)
  const files = readdirSync(dir)
  if (!files.includes('tsconfig.json')) return
  const place = { file: 'tsconfig.json', line: 1, column: 1 }
  if (compiler === undefined) {
    add('types', place, 'TypeScript is not installed: npm install --save-dev typescript')
    return
  }
  const args = [join(compiler, 'bin/tsc'), '-p', dir, '--noEmit', '--pretty', 'false']
  const { code, stdout } = await finished(process.execPath, args, dir)
  let numFound = 0
  for (const [, file, line, column, message] of stdout.matchAll(/^(.+?)\((\d+),(\d+)\): error (TS\d+: .*)$/gm)) {
    add('types', { file: file!, line: Number(line), column: Number(column) }, message!)
    numFound++
  }
  if (code !== 0 && numFound === 0) add('types', place, stdout)
}

function digestOf(plugin: InstalledPlugin, add: Add): string | undefined {
  try {
    // Not remembered: whoever asks wants to know how the files are now.
    return implementationDigests(join(plugin.dir, 'node_modules', '.cache', 'etsef'), true).of(plugin).digest
  } catch (thrown) {
    add('digest', { file: 'package.json', line: 1, column: 1 }, asError(thrown).message)
    return undefined
  }
}

interface TestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly status: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly ancestorTitles: readonly string[]
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

/** The conformance suite of the package, as its own vitest runs it. What is told of an operation is placed at its declaration. */
async function checkConformance(dir: string, operations: readonly string[], add: Add): Promise<void> {
  const place = { file: 'package.json', line: 1, column: 1 }
  const test = readdirSync(join(dir), { recursive: true, encoding: 'utf8' }).find(
    (path) => /(^|[\\/])conformance\.test\.[cm]?[jt]s$/.test(path) && !/(^|[\\/])(node_modules|dist)[\\/]/.test(path),
  )
  if (test === undefined) {
    add('conformance', place, 'it has no conformance.test.ts that calls checkPlugin of @etsef/plugin-api/testing')
    return
  }
  const vitest = findPackage('vitest', dir)
  if (vitest === undefined) {
    add('conformance', { ...place, file: test }, 'vitest is not installed: npm install --save-dev vitest')
    return
  }
  const args = [join(vitest, 'vitest.mjs'), 'run', test, '--root', dir, '--reporter=json']
  const { stdout, stderr } = await finished(process.execPath, args, dir)
  let report: TestReport
  try {
    report = JSON.parse(stdout.slice(stdout.indexOf('{'))) as TestReport
  } catch {
    add('conformance', { ...place, file: test }, stderr || stdout)
    return
  }
  for (const { name, message, status, assertionResults } of report.testResults) {
    const at = { file: insideOf(dir, name), line: 1, column: 1 }
    const failed = assertionResults.filter((each) => each.status === 'failed')
    for (const { fullName, ancestorTitles, failureMessages } of failed) {
      const operation = operations.find((type) => ancestorTitles.includes(type))
      const declared = operation === undefined ? undefined : placeOfDeclaration(dir, operation)
      add('conformance', declared ?? at, `${fullName}: ${failureMessages[0]?.split('\n    at ')[0] ?? 'failed'}`)
    }
    if (failed.length === 0 && status === 'failed') add('conformance', at, message)
  }
}

/** Where a source of the package says `type: 'mine/top-variance'`; `undefined` where the type is put together some other way. */
function placeOfDeclaration(dir: string, type: string): Place | undefined {
  const sources = readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.[cm]?[jt]sx?$/.test(path) && !/\.(d|test|spec|test-d)\.[cm]?[jt]sx?$/.test(path))
    .filter((path) => !/(^|[\\/])(node_modules|dist|out-tsc|coverage)[\\/]/.test(path))
    .sort()
  for (const file of sources) {
    const text = readFileSync(join(dir, file), 'utf8')
    const found = ["'", '"', '`'].map((quote) => `type: ${quote}${type}${quote}`).find((word) => text.includes(word))
    if (found !== undefined) return placeInText(file, text, found)
  }
  return undefined
}

function insideOf(dir: string, file: string): string {
  const inside = relative(dir, join(file.startsWith('/') ? '' : dir, file))
  return inside.startsWith('..') ? file : inside
}

function oneLine(message: string): string {
  return stripVTControlCharacters(message)
    .trim()
    .replace(/\s*\n\s*/g, '; ')
}

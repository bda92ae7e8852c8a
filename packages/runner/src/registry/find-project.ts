import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Json } from '@etsef/plugin-api'

/** What the runner reads of a package.json. */
export interface PackageJson {
  readonly name?: string
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly files?: unknown
  readonly type?: Json
  readonly main?: Json
  readonly exports?: Json
  readonly imports?: Json
  readonly etsef?: {
    readonly api?: Json
    readonly plugin?: Json
    readonly engines?: Json
    readonly weights?: Json
    readonly executors?: Json
    readonly starter?: Json
    readonly generator?: Json
    readonly maps?: Json
    readonly sets?: Json
    readonly demo?: Json
    readonly bundle?: Json
    /** Of a project: values of flags that its command lines leave open. */
    readonly defaults?: Json
  }
}

/** The nearest folder, from `from` upward, that holds a package.json; `from` itself when there is none. */
export function findProjectRoot(from: string): string {
  for (let dir = from; ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'package.json'))) return realpathSync(dir)
    if (dirname(dir) === dir) return from
  }
}

/** A package.json, parsed. @throws SyntaxError when it is not JSON. */
export function readPackageJson(dir: string): PackageJson {
  return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as PackageJson
}

/** Folder of an installed package as Node finds it from `from`, symlinks followed; `undefined` when it is not installed. */
export function findPackage(name: string, from: string): string | undefined {
  for (let dir = from; ; dir = dirname(dir)) {
    const candidate = join(dir, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return realpathSync.native(candidate)
    if (dirname(dir) === dir) return undefined
  }
}

import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ENGINE_PACKAGES, fetchedPackageRoot, packageDirectory } from '../engine-packages.js'
import { noEngine } from '../errors.js'
import { lastLines, runCommand } from './run-command.js'

/** A package that could not be had. */
export interface FetchFailure {
  readonly name: string
  readonly reason: string
}

/**
 * Gets the npm packages of the native engines that are not installed, into the user's cache, from the registry that npm is set to.
 * No script of theirs runs: what needs compiling is compiled by this package.
 */
export async function fetchPackages(
  log: (line: string) => void,
  env: NodeJS.ProcessEnv,
): Promise<readonly FetchFailure[]> {
  const failures: FetchFailure[] = []
  // Every key of the table is a name of a package.
  for (const name of Object.keys(ENGINE_PACKAGES) as (keyof typeof ENGINE_PACKAGES)[]) {
    if (packageDirectory(name, env) !== undefined) continue
    try {
      log(`fetching ${name} ${ENGINE_PACKAGES[name]}`)
      await fetchPackage(name, env)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      failures.push({ name, reason })
      log(`${name}: ${reason}`)
    }
  }
  return failures
}

async function fetchPackage(name: keyof typeof ENGINE_PACKAGES, env: NodeJS.ProcessEnv): Promise<void> {
  const root = fetchedPackageRoot(name, env)
  const building = `${root}.building-${randomUUID()}`
  try {
    await mkdir(building, { recursive: true })
    await writeFile(join(building, 'package.json'), '{ "private": true }\n')
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--omit=optional']
    // A project may name its registry in its own .npmrc, which npm does not read for another folder.
    const registry = (await npm(['config', 'get', 'registry'], env)).trim()
    const wanted = `${name}@${ENGINE_PACKAGES[name]}`
    await npm(['install', '--prefix', building, '--registry', registry, ...flags, wanted], env)
    await rename(building, root)
  } catch (cause) {
    // Another installation was faster.
    if (packageDirectory(name, env) === undefined) throw cause
  } finally {
    await rm(building, { recursive: true, force: true })
  }
}

async function npm(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  // Set by npm and npx: their own program, which need not be on PATH.
  const own = env['npm_execpath']
  const [program, first] = own?.endsWith('.js') === true ? [process.execPath, [own]] : ['npm', []]
  const { code, stdout, stderr } = await runCommand(program, [...first, ...args], { env, timeoutMs: 600_000 })
  if (code !== 0) throw noEngine(`npm failed: ${lastLines(stderr)}`)
  return stdout
}

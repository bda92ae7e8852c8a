import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { importEngines } from '../run/engine.js'
import { asError } from '../errors.js'
import { findProjectRoot } from '../registry/find-project.js'
import { loadRegistry } from '../registry/load-registry.js'
import { storeDirOf } from '../run/store-dir.js'
import { runnerVersion } from '../run/runner-version.js'
import type { Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { formatBytes, type Output } from './output.js'

/** `etsef doctor`: what this machine and project have, and what is missing. */
export async function doctor(args: Arguments, output: Output): Promise<number> {
  const root = findProjectRoot(args.cwd)
  const registry = await loadRegistry(root)
  const storeDir = storeDirOf(root, args.cwd, args.values.store)
  const engines = registry.engines
    ? await engineLines(registry.engines)
    : ['no package of the project brings tensor engines']
  const checks = {
    runner: runnerVersion,
    node: process.version,
    cpus: availableParallelism(),
    memory: `${formatBytes(freemem())} free of ${formatBytes(totalmem())}`,
    project: root,
    store: storeState(storeDir),
    plugins: registry.plugins.map(
      ({ installed, operations }) => `${installed.packageName}@${installed.version}: ${operations.length} operations`,
    ),
    engines,
    problems: registry.problems,
  }
  if (args.isJson) output.line(JSON.stringify(checks))
  else {
    output.line(`etsef     ${checks.runner} on node ${checks.node}, ${checks.cpus} CPUs, ${checks.memory}`)
    output.line(`project   ${root}`)
    output.line(`store     ${checks.store}`)
    for (const line of checks.plugins) output.line(`plugin    ${line}`)
    for (const line of engines) output.line(`engine    ${line}`)
    for (const error of registry.problems) output.line(`problem   ${error.message}`)
  }
  return registry.problems.length > 0 ? exitCodes.invalid : exitCodes.ok
}

async function engineLines(engines: Parameters<typeof importEngines>[0]): Promise<readonly string[]> {
  try {
    return await (await importEngines(engines)).doctor()
  } catch (thrown) {
    return [`${engines.packageName}: ${asError(thrown).message}`]
  }
}

function storeState(dir: string): string {
  const existing = existsSync(dir) ? dir : dirname(dir)
  try {
    accessSync(existing, constants.W_OK)
    const { bavail, bsize } = statfsSync(existing)
    return `${dir}, ${formatBytes(bavail * bsize)} free`
  } catch {
    return `${dir} cannot be written`
  }
}

// Shared by the runner's benches: a project in a temporary folder with the toy plugin of the runner's tests.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const cli = join(root, 'packages/runner/dist/cli/main.js')

export function createProject() {
  if (!existsSync(cli))
    spawnSync(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), '-b', join(root, 'packages/runner/tsconfig.lib.json')],
      { stdio: 'inherit' },
    )
  const dir = mkdtempSync(join(tmpdir(), 'etsef-bench-'))
  mkdirSync(join(dir, 'node_modules/@fixture'), { recursive: true })
  symlinkSync(join(root, 'packages/runner/test-fixtures/toy'), join(dir, 'node_modules/@fixture/toy'))
  writeFileSync(
    join(dir, 'package.json'),
    JSON.stringify({ name: 'bench', private: true, dependencies: { '@fixture/toy': '*' } }),
  )
  return {
    dir,
    write: (path, text) => writeFileSync(join(dir, path), text),
    /** Runs etsef; seconds of wall time, process start included. */
    etsef(...args) {
      const started = performance.now()
      const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
        cwd: dir,
        encoding: 'utf8',
        maxBuffer: 1e9,
      })
      return { status, stdout, stderr, seconds: (performance.now() - started) / 1000 }
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}

/** `count` no-op maps of one small table. */
export function widePipeline(count) {
  const nodes = Array.from(
    { length: count },
    (_, i) => `  n${i}: { use: toy/scale, in: { features: points }, with: { factor: ${i} } }\n`,
  )
  return `name: wide\nnodes:\n  points: { use: toy/points, with: { numSamples: 8 } }\n${nodes.join('')}`
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]
}

/** `count` rules of Snakemake that each make one file, and a rule that wants them all: the peer of {@link widePipeline}. */
export function wideSnakefile(count) {
  const names = Array.from({ length: count }, (_, i) => `n${i}`)
  const rules = names.map((name) => `rule ${name}:\n    output: "${name}.txt"\n    shell: "touch {output}"\n`)
  return `rule all:\n    input: ${names.map((name) => `"${name}.txt"`).join(', ')}\n${rules.join('')}`
}

/**
 * Runs Snakemake in a folder of its own below `dir`, measured as ours is.
 *
 * @throws Error when it is not there: a bench without its peer has no result.
 */
export function snakemakeIn(dir, name, snakefile) {
  const cwd = join(dir, name)
  mkdirSync(cwd, { recursive: true })
  writeFileSync(join(cwd, 'Snakefile'), snakefile)
  return {
    run(...args) {
      const started = performance.now()
      const { status, stdout, stderr, error } = spawnSync('snakemake', args, { cwd, encoding: 'utf8', maxBuffer: 1e9 })
      if (error) throw new Error(`the peer does not run: ${error.message} (apt-get install snakemake)`)
      return { status, stdout, stderr, seconds: (performance.now() - started) / 1000 }
    },
  }
}

/** Snakemake as it calls itself. */
export function snakemakeVersion() {
  const { stdout, error } = spawnSync('snakemake', ['--version'], { encoding: 'utf8' })
  if (error) throw new Error(`the peer does not run: ${error.message} (apt-get install snakemake)`)
  return `snakemake ${stdout.trim()}`
}

/** Prints the result. `peer` is what the peer did in this call; a bench that has none leaves it out, and prints no ratio. */
export function report({ name, ours, peer, bound, ok = ours <= bound, ...more }) {
  const beside = peer === undefined ? {} : { peer: round(peer), ratio: round(peer / ours) }
  process.stdout.write(`${JSON.stringify({ name, ours: round(ours), ...beside, bound, ok, ...more })}\n`)
  process.exitCode = ok ? 0 : 1
}

const round = (value) => Math.round(value * 1000) / 1000

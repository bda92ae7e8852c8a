import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { etsef, lastJson, root, temporaryFolder, type CommandResult } from './etsef.js'

/** A problem as `--json` prints it. */
export interface Problem {
  readonly code: string
  readonly message: string
  readonly place?: { readonly file: string; readonly line: number; readonly column: number }
  readonly node?: string
  readonly port?: string
  readonly expected?: string
  readonly received?: string
  readonly hint?: string
}

/** What became of a node. */
export interface NodeSummary {
  readonly state: string
  readonly metrics?: Readonly<Record<string, number | null>>
  readonly error?: Problem
}

/** What `run --json` prints. */
export interface RunSummary {
  readonly run: string
  readonly status: string
  readonly testLabelReads: number
  readonly nodes: Readonly<Record<string, NodeSummary>>
}

/** A project of its own with all plugins of this repository and the leaky one. */
export interface LeakProject {
  readonly path: string
  /** Problems that `etsef validate` finds in the YAML. */
  validate(yaml: string): Promise<readonly Problem[]>
  /** Runs the YAML; the store is shared by all runs of the project. */
  run(yaml: string, ...args: readonly string[]): Promise<RunSummary>
  /** A file of a report that a run has published. */
  report(summary: RunSummary, node: string, file?: string): unknown
  /** Digest of the files of every artifact of a run, by stage. */
  digests(summary: RunSummary): Readonly<Record<string, string | undefined>>
  readonly dispose: () => void
}

/** Makes the project; its folder is removed by `dispose`. @param more - Further plugins, folders below `test`. */
export function leakProject(more: readonly string[] = []): LeakProject {
  const { path, dispose } = temporaryFolder()
  const scope = [
    'nn',
    'plugin-api',
    'plugin-augment',
    'plugin-backbones',
    'plugin-data',
    'plugin-ensemble',
    'plugin-mljs',
    'plugin-report',
    'plugin-simclr',
    'plugin-xai',
  ]
    .filter((name) => existsSync(join(root, 'packages', name, 'dist/index.js')))
    .map((name) => `@etsef/${name}`)
  for (const name of scope) link(join(root, 'node_modules', name), join(path, 'node_modules', name))
  const own = ['leaks/leaky-plugin', ...more].map((folder) => {
    const name = folder === 'leaks/leaky-plugin' ? 'etsef-plugin-leaky' : `etsef-plugin-${basename(folder)}`
    link(join(root, 'test', folder), join(path, 'node_modules', name))
    return name
  })
  const dependencies = Object.fromEntries([...scope, ...own].map((name) => [name, '*']))
  writeFileSync(
    join(path, 'package.json'),
    JSON.stringify({ name: 'leaks', private: true, type: 'module', dependencies }),
  )
  const call = (verb: string, yaml: string, args: readonly string[]): Promise<CommandResult> => {
    writeFileSync(join(path, 'pipeline.yaml'), yaml)
    return etsef([verb, 'pipeline.yaml', '--json', ...args], { cwd: path })
  }
  return {
    path,
    dispose,
    async validate(yaml) {
      // The object that validate prints.
      const { problems } = lastJson(await call('validate', yaml, [])) as unknown as { problems: Problem[] }
      return problems
    },
    async run(yaml, ...args) {
      const result = lastJson(await call('run', yaml, args)) as unknown as RunSummary & {
        problems?: readonly Problem[]
      }
      if (result.problems) throw new Error(`the pipeline is invalid: ${JSON.stringify(result.problems)}`)
      return result
    },
    digests(summary) {
      const text = readFileSync(join(path, '.etsef/runs', summary.run, 'run.json'), 'utf8')
      const { stages } = JSON.parse(text) as { readonly stages: Readonly<Record<string, { filesDigest?: string }>> }
      return Object.fromEntries(Object.entries(stages).map(([id, stage]) => [id, stage.filesDigest]))
    },
    report: (summary, node, file = 'rows.json') =>
      JSON.parse(readFileSync(join(path, '.etsef/runs', summary.run, 'reports', node, file), 'utf8')) as unknown,
  }
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}

/** Line of the YAML (from 1) that holds a text. */
export function lineOf(yaml: string, text: string): number {
  return yaml.split('\n').findIndex((line) => line.includes(text)) + 1
}

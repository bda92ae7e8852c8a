// 1,000 no-op stages on a Slurm of two nodes: grouped, beside one array task for each of them, on the same Slurm in one run. The peer is a
// share of them (the first argument, default 100), for a thousand take minutes; what a stage costs is compared.
// Needs root and Debian's slurm-wlm and munge.
import { spawnSync } from 'node:child_process'
import { rmSync, symlinkSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createProject, report, widePipeline } from './runner-project.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const numStages = 1000
const numAlone = Number(process.argv[2] ?? 100)
const dir = join(tmpdir(), `etsef-bench-slurm-${process.pid}`)
process.env.ETSEF_SLURM_PORT ??= '17200'
const script = (name) => {
  const { status, stdout, stderr } = spawnSync(join(root, '.ci', name), [dir], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout.trim()
}
process.env.SLURM_CONF = script('slurm-up')
const project = createProject()
try {
  mkdirSync(join(project.dir, 'node_modules/@etsef'))
  symlinkSync(join(root, 'packages/executor-slurm'), join(project.dir, 'node_modules/@etsef/executor-slurm'))
  const dependencies = { '@fixture/toy': '*', '@etsef/executor-slurm': '*' }
  writeFileSync(join(project.dir, 'package.json'), JSON.stringify({ name: 'bench', private: true, dependencies }))
  project.write('grouped.yaml', widePipeline(numStages))
  project.write('alone.yaml', widePipeline(numAlone))
  const secondsOf = (file, groupSeconds) => {
    const options = ['pollSeconds=0.5', `groupSeconds=${groupSeconds}`].flatMap((each) => ['--executor-option', each])
    const store = ['--store', `store-${file}-${groupSeconds}`]
    const { status, stdout, seconds } = project.etsef(
      'run',
      file,
      '--json',
      ...store,
      '--executor',
      'slurm',
      ...options,
    )
    if (status !== 0) throw new Error(stdout)
    return seconds
  }
  const grouped = (secondsOf('grouped.yaml', 60) * 1000) / numStages
  const alone = (secondsOf('alone.yaml', 0) * 1000) / numAlone
  report({
    name: 'sweep-slurm',
    ours: grouped,
    peer: alone,
    bound: 10,
    ok: alone / grouped >= 10,
    unit: 'ms per stage',
    peerName: `one array task a stage, ${numAlone} of them`,
  })
} finally {
  script('slurm-down')
  project.remove()
  rmSync(dir, { recursive: true, force: true })
}

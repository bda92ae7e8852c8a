// E2: seconds of a fully cached re-run, process start included, at 100, 1,000 and 10,000 nodes. Peer: Snakemake 7.32, 1.4 s and 2.1 s.
import { createProject, median, report, widePipeline } from './runner-project.mjs'

const bounds = { 100: 0.6, 1000: 1.2, 10000: 8 }
const project = createProject()
const seconds = {}
for (const numNodes of [100, 1000, 10000]) {
  project.write(`w${numNodes}.yaml`, widePipeline(numNodes))
  const first = project.etsef('run', `w${numNodes}.yaml`, '--json')
  if (first.status !== 0) throw new Error(first.stdout.slice(0, 1000))
  seconds[numNodes] = median([0, 1, 2].map(() => project.etsef('run', `w${numNodes}.yaml`, '--json').seconds))
}
project.remove()
const worst = Math.max(...Object.entries(bounds).map(([numNodes, bound]) => seconds[numNodes] / bound))
report({
  name: 'runner-cached',
  ours: seconds[1000],
  peer: 2.1,
  bound: bounds[1000],
  unit: 's',
  seconds,
  bounds,
  ok: worst <= 1,
})

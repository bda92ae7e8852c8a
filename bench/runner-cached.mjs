// E2: seconds of a fully cached re-run, process start included, at 100, 1,000 and 10,000 nodes. Peer: Snakemake in the
// same call, 1,000 jobs of which nothing is to be done.
import {
  createProject,
  median,
  report,
  snakemakeIn,
  snakemakeVersion,
  widePipeline,
  wideSnakefile,
} from './runner-project.mjs'

const bounds = { 100: 0.6, 1000: 1.2, 10000: 8 }
const project = createProject()
const seconds = {}
let peer
for (const numNodes of [100, 1000, 10000]) {
  project.write(`w${numNodes}.yaml`, widePipeline(numNodes))
  const first = project.etsef('run', `w${numNodes}.yaml`, '--json')
  if (first.status !== 0) throw new Error(first.stdout.slice(0, 1000))
  if (numNodes === 1000) peer = peerSeconds(numNodes)
  seconds[numNodes] = median([0, 1, 2].map(() => project.etsef('run', `w${numNodes}.yaml`, '--json').seconds))
}
project.remove()
const worst = Math.max(...Object.entries(bounds).map(([numNodes, bound]) => seconds[numNodes] / bound))
report({
  name: 'runner-cached',
  ours: seconds[1000],
  peer,
  peerName: snakemakeVersion(),
  bound: bounds[1000],
  unit: 's',
  seconds,
  bounds,
  ok: worst <= 1,
})

/** The peer's files are made beforehand, so that only finding out that nothing is to be done is measured. */
function peerSeconds(count) {
  const snakemake = snakemakeIn(project.dir, `peer${count}`, wideSnakefile(count))
  for (let i = 0; i < count; i++) project.write(`peer${count}/n${i}.txt`, '')
  return median(
    [0, 1, 2].map(() => {
      const { status, stdout, stderr, seconds } = snakemake.run('--cores', '2')
      if (status !== 0 || !/Nothing to be done/.test(stdout + stderr)) throw new Error(stdout + stderr)
      return seconds
    }),
  )
}

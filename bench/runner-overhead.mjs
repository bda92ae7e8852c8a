// E1: milliseconds per executed no-op node at 1,000 nodes, durable publish included. Peer: Snakemake in the same call, a `touch` job of 100.
import {
  createProject,
  median,
  report,
  snakemakeIn,
  snakemakeVersion,
  widePipeline,
  wideSnakefile,
} from './runner-project.mjs'

const numNodes = 1000
const project = createProject()
project.write('wide.yaml', widePipeline(numNodes))
project.write('one.yaml', widePipeline(1))
// Fewer jobs than our nodes: at tens of milliseconds each, a thousand would take minutes.
const numJobs = 100
const perNode = []
const perJob = []
for (let i = 0; i < 3; i++) {
  const store = ['--store', `store${i}`]
  // The first run pays for starting processes and loading code once; E1 asks for the overhead of a node.
  const start = project.etsef('run', 'one.yaml', '--json', '--store', `start${i}`)
  const { status, stdout } = project.etsef('run', 'wide.yaml', '--json', ...store)
  if (status !== 0) throw new Error(stdout)
  const peer = (count) => {
    const result = snakemakeIn(project.dir, `peer${i}-${count}`, wideSnakefile(count)).run('--cores', '2', '--quiet')
    if (result.status !== 0) throw new Error(result.stderr)
    return result.seconds
  }
  perJob.push(((peer(numJobs + 1) - peer(1)) * 1000) / numJobs)
  perNode.push(((JSON.parse(stdout).seconds - JSON.parse(start.stdout).seconds) * 1000) / numNodes)
}
project.remove()
report({
  name: 'runner-overhead',
  ours: median(perNode),
  peer: median(perJob),
  bound: 1.5,
  unit: 'ms per node',
  peerName: snakemakeVersion(),
})

// E1: milliseconds per executed no-op node at 1,000 nodes, durable publish included. Peer: Snakemake 7.32, 63 ms a `touch` job.
import { createProject, median, report, widePipeline } from './runner-project.mjs'

const numNodes = 1000
const project = createProject()
project.write('wide.yaml', widePipeline(numNodes))
project.write('one.yaml', widePipeline(1))
const perNode = []
for (let i = 0; i < 3; i++) {
  const store = ['--store', `store${i}`]
  // The first run pays for starting processes and loading code once; E1 asks for the overhead of a node.
  const start = project.etsef('run', 'one.yaml', '--json', '--store', `start${i}`)
  const { status, stdout } = project.etsef('run', 'wide.yaml', '--json', ...store)
  if (status !== 0) throw new Error(stdout)
  perNode.push(((JSON.parse(stdout).seconds - JSON.parse(start.stdout).seconds) * 1000) / numNodes)
}
project.remove()
report({ name: 'runner-overhead', ours: median(perNode), peer: 63, bound: 1.5, unit: 'ms per node' })

// E3: seconds to the first validation error of a 30-node pipeline, process start included. Peer: a dry run of
// Snakemake in the same call, on a file of 30 rules of which one has a keyword that there is not.
import {
  createProject,
  median,
  report,
  snakemakeIn,
  snakemakeVersion,
  widePipeline,
  wideSnakefile,
} from './runner-project.mjs'

const project = createProject()
project.write('broken.yaml', widePipeline(30).replace('factor: 29', 'facotr: 29'))
const seconds = [0, 1, 2, 3, 4].map(() => {
  const result = project.etsef('validate', 'broken.yaml')
  if (result.status !== 2 || !result.stdout.includes('did you mean "factor"?')) throw new Error(result.stdout)
  return result.seconds
})
const broken = wideSnakefile(30).replace('output: "n29.txt"', 'otuput: "n29.txt"')
const snakemake = snakemakeIn(project.dir, 'peer', broken)
const peer = [0, 1, 2, 3, 4].map(() => {
  const result = snakemake.run('--dry-run')
  if (result.status === 0 || !`${result.stdout}${result.stderr}`.includes('otuput')) throw new Error(result.stderr)
  return result.seconds
})
project.remove()
report({
  name: 'runner-first-error',
  ours: median(seconds),
  peer: median(peer),
  bound: 0.5,
  unit: 's',
  peerName: snakemakeVersion(),
})

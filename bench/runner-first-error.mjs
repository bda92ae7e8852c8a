// E3: seconds to the first validation error of a 30-node pipeline, process start included. Peer: Snakemake 7.32 dry run, 1.5 s.
import { createProject, median, report, widePipeline } from './runner-project.mjs'

const project = createProject()
project.write('broken.yaml', widePipeline(30).replace('factor: 29', 'facotr: 29'))
const seconds = [0, 1, 2, 3, 4].map(() => {
  const result = project.etsef('validate', 'broken.yaml')
  if (result.status !== 2 || !result.stdout.includes('did you mean "factor"?')) throw new Error(result.stdout)
  return result.seconds
})
project.remove()
report({ name: 'runner-first-error', ours: median(seconds), peer: 1.5, bound: 0.5, unit: 's' })

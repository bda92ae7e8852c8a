import { checkExecutor } from '@etsef/plugin-api/testing'
import { afterAll, describe } from 'vitest'
import { commonSubject, executorProject, slurmJobs, whyNoSlurm } from '../support/executors.js'

const why = whyNoSlurm()
const project = executorProject()
afterAll(() => {
  project.dispose()
})

describe.skipIf(why !== undefined)(`slurm${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  checkExecutor({
    name: 'slurm',
    flags: ['--executor', 'slurm', '--executor-option', 'pollSeconds=0.5', '--executor-option', 'groupSeconds=5'],
    ...commonSubject(project),
    store: () => Promise.resolve(project.newStore()),
    isAtWork: () => slurmJobs().length > 0 || project.stageProcesses().length > 0,
  })
})

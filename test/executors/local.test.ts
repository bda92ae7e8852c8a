import { checkExecutor } from '@etsef/plugin-api/testing'
import { afterAll } from 'vitest'
import { commonSubject, executorProject } from '../support/executors.js'

const project = executorProject()
afterAll(() => {
  project.dispose()
})

checkExecutor({
  name: 'local',
  flags: ['--executor', 'local'],
  ...commonSubject(project),
  store: () => Promise.resolve(project.newStore()),
  isAtWork: () => project.stageProcesses().length > 0,
})

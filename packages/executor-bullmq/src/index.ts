import type { Executor } from '@etsef/plugin-api'
import { bullmqOptions, type BullmqOptions } from './options.js'
import { openSession } from './session.js'
import { work } from './work.js'

/** BullMQ on Redis, for loose workstations: each runs `etsef worker`; stalled jobs and retries are BullMQ's business. */
const bullmq: Executor = {
  name: 'bullmq',
  capabilities: { ordersTasks: false, groupsStages: false, retriesTasks: true, assignsDevices: true },
  options: bullmqOptions,
  // Options were checked against the schema by the runner.
  open: (context) => openSession(context, context.options as BullmqOptions),
  work: (context) => work(context, context.options as BullmqOptions),
}

export default bullmq
export { bullmqOptions, type BullmqOptions } from './options.js'

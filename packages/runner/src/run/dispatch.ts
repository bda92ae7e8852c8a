import type { ExecutorTask } from '@etsef/plugin-api'
import type { DispatchOptions } from './dispatch-options.js'
import type { StageReport } from './run-stages.js'
import { createStageLedger, hasInputs, type StageLedger } from './stage-ledger.js'
import { submitRound, submitTasks, type Round } from './submit-round.js'
import { forgetSubmission } from './submitted-tasks.js'

/**
 * Has an executor run what the wanted stages need and the store lacks. Never rejects for a stage: its report says what happened.
 *
 * Tasks that an earlier coordinator submitted are waited for, not submitted again. What ended without its artifact was lost, and is
 * submitted again as often as `retries` allow.
 *
 * @throws PipelineError `ERR_EXECUTOR` when the engine refuses or is gone.
 */
export async function dispatchStages(options: DispatchOptions): Promise<ReadonlyMap<string, StageReport>> {
  const { store, run, signal, onError, session } = options
  const ledger = createStageLedger(options)
  try {
    while (!signal.aborted && !(onError === 'stop' && ledger.hasFailed())) {
      const needed = ledger.needed()
      if (needed.length === 0) break
      const round = await submitRound(needed, ledger, options)
      await waitFor(round, ledger, options)
      await ledger.settle(needed)
    }
    forgetSubmission(store.dir, run)
  } finally {
    await session.close()
  }
  return ledger.finish()
}

/** Waits until the engine has none of a round's tasks any more, and gives it those that had to wait. */
async function waitFor(round: Round, ledger: StageLedger, options: DispatchOptions): Promise<void> {
  const { session, signal, run, onError } = options
  const { waiting, submitted } = round
  const listen = (): void => {
    for (const { journals, keys } of round.journals)
      for (const { task, event } of journals.read()) {
        const key = keys.get(task)?.[event.stage]
        if (key !== undefined) ledger.hear(event, key)
      }
  }
  const isReady = (task: ExecutorTask): boolean => !task.after.some((id) => waiting.has(id) || submitted.has(id))
  for (;;) {
    if (signal.aborted) {
      await session.cancel([...submitted.values()].filter(({ isOwn }) => isOwn))
      listen()
      return
    }
    if (submitted.size > 0) {
      const outstanding = await session.outstanding([...submitted.values()])
      for (const id of submitted.keys()) if (!outstanding.has(id)) submitted.delete(id)
    }
    listen()
    const ready = [...waiting.values()].filter(isReady)
    if (onError === 'stop' && ledger.hasFailed()) waiting.clear()
    else if (ready.length > 0) {
      for (const { id } of ready) waiting.delete(id)
      // Where an input of a waiting task is missing, the task that makes it has failed or was lost. The next round decides what follows.
      const able = ready.filter(({ id }) => hasInputs(round.firstStage.get(id)!, options))
      if (able.length > 0) await submitTasks(able, options)
      for (const { id } of able) submitted.set(id, { id, run, isOwn: true })
      if (able.length < ready.length) continue
    }
    if (submitted.size === 0 && waiting.size === 0) return
    await session.changed(signal)
  }
}

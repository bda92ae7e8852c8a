import { createHash } from 'node:crypto'
import { join, relative } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import type { TaskStage } from '../executor/task-file.js'
import type { Stage } from '../plan/stages.js'
import { keepContent } from '../store/content-watch.js'
import type { Store } from '../store/store.js'
import type { CodeWatch } from './code-watch.js'
import type { KeyedPipeline } from './key-pipeline.js'
import { specMaker } from './stage-spec.js'
import { tasksDir } from './submitted-tasks.js'

/** What the stages of tasks are made from. */
export interface TaskStageSources {
  readonly keyed: KeyedPipeline
  readonly store: Store
  readonly run: string
  readonly code: CodeWatch
  readonly forced: ReadonlySet<string>
}

/** Makes what a task is told of a stage; what was seen of content is written down once, beside the tasks. */
export function taskStageMaker({ keyed, store, run, code, forced }: TaskStageSources): (stage: Stage) => TaskStage {
  const dir = tasksDir(store.dir, run)
  const makeSpec = specMaker(keyed, store.dir)
  const kept = new Set<string>()
  const contentOf = (node: string): string[] =>
    (keyed.digested.get(node) ?? []).map((each) => {
      const name = createHash('sha256').update(`${each.option} ${each.text} ${each.content.digest}`).digest('hex')
      const file = join(dir, `content-${name.slice(0, 16)}`)
      if (!kept.has(file)) {
        ensureFolder(dir)
        keepContent(file, each)
      }
      kept.add(file)
      return relative(store.dir, file)
    })
  return (stage) => {
    // What only an attempt knows is filled in by it.
    const spec = makeSpec(stage, {
      threads: stage.resources.cpus,
      attempt: 0,
      logFile: '',
      ...(forced.has(stage.id) ? { replaces: true } : {}),
    })
    return {
      stage: stage.id,
      spec,
      code: code.seenBy(stage).map((file) => relative(store.dir, file)),
      content: contentOf(stage.node),
      gpus: stage.resources.gpus ?? 0,
    }
  }
}

export { InvalidPipeline } from './errors.js'
export type { Graph, GraphNode, Edge, InstalledOperation, InstalledPlugin } from './graph/graph.js'
export { editorSchema } from './graph/editor-schema.js'
export type { Plan, PlannedStage, StageState } from './plan/build-plan.js'
export { describeDifference, explainStage, type Difference } from './plan/explain.js'
export type { Ingredients, Stage, StageInput } from './plan/stages.js'
export { findProjectRoot } from './registry/find-project.js'
export { loadRegistry, type Registry } from './registry/load-registry.js'
export type { RunEvent, EventListener, RunStatus, StageOutcome } from './run/events.js'
export { planRun, type Selection, type SelectedPlan } from './run/plan-run.js'
export {
  checkPipeline,
  keyPipeline,
  type CheckedPipeline,
  type KeyedPipeline,
  type PipelineRequest,
} from './run/prepare.js'
export { storeDirOf } from './run/store-dir.js'
export { runPipeline, runnerVersion, type RunOptions, type RunOutcome } from './run/run-pipeline.js'
export { listRuns, readRunRecord, type RunRecord, type StageRecord } from './run/run-record.js'
export { defaultRetries, type Retries, type StageReport } from './run/scheduler.js'
export { manifestDigest, type Manifest, type ManifestOutput } from './store/manifest.js'
export { openStore, type Store } from './store/store.js'

export { InvalidPipeline } from './errors.js'
export type { Graph, GraphNode, Edge, InstalledOperation, InstalledPlugin } from './graph/graph.js'
export { editorSchema } from './graph/editor-schema.js'
export type { Plan, PlannedStage, StageState } from './plan/build-plan.js'
export { describeDifference, explainStage, type Difference } from './plan/explain.js'
export type { Ingredients, Stage, StageInput } from './plan/stages.js'
export { findProjectRoot } from './registry/find-project.js'
export { loadRegistry, type Registry } from './registry/load-registry.js'
export type { FittedGraph, FittedStep, Output, StepInput } from './predict/fitted-graph.js'
export { fittedGraphOf, type RunPlace } from './predict/fitted-graph-of.js'
export { outputKey, type AppliedRows, type PredictionHost } from './predict/open-fitted-graph.js'
export { openPredictor, type Predictor, type PredictorOptions } from './predict/open-predictor.js'
export { findRun, hostFor, openRun, type OpenRun, type OpenRunOptions } from './predict/open-run.js'
export type { Picture } from './predict/picture-batch.js'
export {
  isPredicted,
  type Answer,
  type FailedRow,
  type PredictedRow,
  type PredictionRow,
} from './predict/predicted-row.js'
export { pictureOf, readPictureFile } from './predict/read-pictures.js'
export type { RunEvent, EventListener, RunStatus, StageOutcome } from './run/events.js'
export { planRun, type Selection, type SelectedPlan } from './run/plan-run.js'
export { checkPipeline, type CheckedPipeline, type PipelineRequest } from './run/check-pipeline.js'
export { keyPipeline, type KeyedPipeline } from './run/key-pipeline.js'
export { storeDirOf } from './run/store-dir.js'
export { runPipeline, type RunOptions, type RunOutcome } from './run/run-pipeline.js'
export { runnerVersion } from './run/runner-version.js'
export { listRuns, readRunRecord, type RunRecord, type StageRecord } from './run/run-record.js'
export type { StageReport } from './run/run-stages.js'
export { defaultRetries, type Retries } from './run/schedule.js'
export { manifestDigest, type Manifest, type ManifestOutput } from './store/manifest.js'
export { openStore, type Store } from './store/store.js'

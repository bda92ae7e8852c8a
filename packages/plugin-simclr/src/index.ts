export { default } from './plugin.js'
export { pretrainOptions } from './pretrain/pretrain.js'
export { supconOptions } from './supcon/supcon.js'
export { simsiamOptions } from './simsiam/simsiam.js'
export { ntXentLoss, ntXentPosition } from './nt-xent/nt-xent.js'
export { simclrMethod } from './nt-xent/simclr-method.js'
export { supconMethod } from './supcon/supcon-method.js'
export { simsiamMethod } from './simsiam/simsiam-method.js'
// What a further method stands on
export type { EpochRecord } from './frame/epoch-record.js'
export { fitFrame } from './frame/fit-frame.js'
export {
  frameInputs,
  frameOptions,
  frameOutputs,
  frameResources,
  planFrame,
  projectionOption,
} from './frame/frame-options.js'
export type { SelfSupervisedMethod, ViewBatch } from './frame/method.js'
export { withDenseLayers, type HeadShape } from './frame/projection-head.js'
export { trainSelfSupervised, type FrameInput, type FrameOptions, type FrameResult } from './frame/train-frame.js'
export { embeddingMonitors, type EmbeddingMonitors } from './monitors/embedding-monitors.js'
export { planProbe, probe, type ProbeRows, type ProbeScores, type ProbeSet } from './monitors/probes.js'

export * from './check-executor.js'
export * from './check-plugin.js'
export {
  conformanceProblems,
  type CheckPluginOptions,
  type ConformanceCase,
  type ConformanceProblem,
} from './conformance.js'
export * from './expect-close.js'
export type { AskOpenFormats } from './open-formats-check.js'
export * from './fixtures.js'
export { measureStreams, type StreamMeasure } from './measure-streams.js'
export { checkedOptions, runOperation, type RunOperationOptions, type RunOperationResult } from './run-operation.js'

// Graphs, architectures, images
export type * from './graph/graph.js'
export { estimateMemory, type MemoryEstimate } from './graph/memory.js'
export { cutAfter, type HeadOptions, stagesOf, withHead, withoutHead } from './graph/head.js'
export { foldGraph, foldWeights } from './graph/fold.js'
export { initParameter, initWeights } from './graph/init-weights.js'
export { countParameters, parametersOf, parametersOfNode, sizeOf } from './graph/parameters.js'
export { hashString, mixBits, normalStream, uniformStream } from './graph/random.js'
export { axisPadding, inferShapes, nodeShape, windowCount } from './graph/shapes.js'
export type { ArchitectureEntry, ArchitectureOptions } from './architectures/architecture.js'
export type { Variant } from './architectures/variant.js'
export {
  architectureEntry,
  buildArchitecture,
  buildWithNames,
  preprocessingOf,
} from './architectures/build-architecture.js'
export { architectures } from './architectures/catalogue.js'
export { type CustomPreprocessing, preprocess, type Preprocessing, unpreprocess } from './images/preprocess.js'
export type { Raster } from './images/raster.js'
export { resize, type ResizeOptions } from './images/resize.js'
// Weights, model directories
export {
  readModel,
  readModelDescription,
  writeModel,
  type Model,
  type ModelDescription,
} from './model-dir/model-dir.js'
export { loadPretrained, loadWeights, type PretrainedNetwork, weightsFromOwn } from './weights/load-weights.js'
export type { FittedWeights } from './weights/fit-weights.js'
export { weightsFromKeras } from './weights/from-keras.js'
export { weightsFromTorch } from './weights/from-torch.js'
export { parseSafetensors, readSafetensors, serializeSafetensors, writeSafetensors } from './weights/safetensors.js'
export { readTfjsLayers, type TfjsWeights } from './weights/tfjs-layers.js'
// ONNX
export { exportOnnx, type ExportOptions } from './onnx/export-onnx.js'
export { nhwcToNchw, OnnxExtractor, type OnnxOptions } from './onnx/onnx-extractor.js'
export { runReference } from './graph/run-reference.js'
// Engines, running, training
export type {
  BatchNormInput,
  Engine,
  EngineKernels,
  EngineName,
  Scalar,
  Tensor,
  Tensor2D,
  Tf,
} from './engine/engine.js'
export { engineFromEnvironment, loadEngine, type LoadEngineOptions } from './engine/load-engine.js'
export { installEngine, type InstallOptions, type InstallResult, type InstallSource } from './install/install-engine.js'
export { activationGradient, type ActivationGradient } from './run/activation-gradient.js'
export { headGradient, type HeadGradient } from './run/head-gradient.js'
export { createGraphModel, type EvaluateOptions, type GraphModel } from './run/graph-model.js'
export { readCheckpoint, writeCheckpoint, type Checkpoint } from './training/checkpoint.js'
export { classifierMetrics, type ClassifierMetrics } from './training/classifier-metrics.js'
export { diverged, isFiniteEverywhere } from './training/divergence.js'
export {
  gradientFunction,
  type GradientFunction,
  type Loss,
  type DifferentiatedLoss,
} from './training/gradient-function.js'
export { type ExampleSource, type LabelledSource, nextTurn, range } from './training/examples.js'
export { balancedClassWeights, softmaxCrossEntropy, type CrossEntropyOptions } from './training/losses.js'
export { createOptimizer, type OptimizerOptions } from './training/optimizer.js'
export type { Optimizer, OptimizerState } from './training/optimizer-contract.js'
export { refuseTooLarge } from './training/refuse-too-large.js'
export { scheduleFactor, type ScheduleOptions } from './training/schedule.js'
export {
  trainClassifier,
  type EpochRecord,
  type TrainClassifierInput,
  type TrainClassifierOptions,
  type TrainClassifierResult,
} from './training/train-classifier.js'
export { trainablePart, type TrainablePart } from './training/trainable.js'
export {
  addGradients,
  mergeGradients,
  applyGradients,
  disposeGradients,
  type Gradients,
  trainStep,
  type TrainStepOptions,
} from './training/train-step.js'
export { undecayedParameters } from './training/undecayed-parameters.js'
export { replayable, type Feeds } from './run/replayable.js'
export { openFrozenNetwork, type FrozenNetwork, type FrozenNetworkOptions } from './run/frozen-network.js'
export { drawView } from './images/draw-view.js'
export { makeView } from './images/make-view.js'
export { type ViewOptions, viewPresets } from './images/view-options.js'
export { eachConcurrently, openPixelStore, type PixelStore, type PixelStoreOptions } from './training/pixel-store.js'
export { toSquareRgb } from './images/to-square-rgb.js'
export { type OrderedLayer, weightsFromLayers } from './weights/from-layers.js'
export { readTfjsGraph } from './weights/tfjs-graph.js'
export { parseTflite, readTflite } from './weights/tflite.js'
export { checkGraph } from './graph/check-graph.js'
export { checkPreprocessing } from './images/preprocess.js'
export {
  type Checksum,
  findPublishedWeights,
  type PublishedWeights,
  publishedWeights,
} from './published/published-weights.js'
export {
  cachedWeightsPath,
  pullWeights,
  type PullOptions,
  type Verification,
  verifyWeights,
} from './published/pull-weights.js'
export { exportTfjs, type TfjsModel, writeTfjs } from './tfjs-export/export-tfjs.js'

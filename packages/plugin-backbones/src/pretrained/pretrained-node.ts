import { PipelineError, type SourceImplementation, type Static } from '@etsef/plugin-api'
import {
  buildArchitecture,
  initWeights,
  loadPretrained,
  preprocessingOf,
  writeModel,
  type ArchitectureOptions,
  type Model,
} from '@etsef/nn'
import type { pretrainedOptions, pretrainedOutputs } from './pretrained.js'

type Options = Static<typeof pretrainedOptions>
type Implementation = SourceImplementation<Options, typeof pretrainedOutputs>

/** Builds the network, reads its weights or draws them, and writes the model directory. */
export const run: Implementation['run'] = async ({ options, ctx }) => {
  const dir = ctx.outputDir('model')
  await writeModel(dir, { ...(await networkOf(options)), classNames: [] })
  return { model: { kind: 'model', dir } }
}

async function networkOf(options: Options): Promise<Omit<Model, 'classNames'>> {
  const { architecture, weights: path, initSeed } = options
  const architectureOptions: ArchitectureOptions = {
    ...(options.inputSize === null ? {} : { inputSize: options.inputSize }),
    ...(options.width === 1 ? {} : { width: options.width }),
    ...(options.variant === 'default' ? {} : { variant: options.variant }),
    ...(options.cut === null ? {} : { cut: options.cut }),
  }
  try {
    if (path !== undefined) {
      const { graph, weights, preprocessing, unused } = await loadPretrained(architecture, path, architectureOptions)
      return { graph, weights, preprocessing, trainingRecord: { source: 'file', numUnused: unused.length } }
    }
    const graph = buildArchitecture(architecture, architectureOptions)
    const preprocessing = preprocessingOf(architecture, architectureOptions)
    return {
      graph,
      weights: initWeights(graph, initSeed),
      preprocessing,
      trainingRecord: { source: 'random', initSeed },
    }
  } catch (cause) {
    throw located(cause)
  }
}

/** A network that cannot be built is a mistake in the options, weights that do not fit one in `weights`. */
function located(cause: unknown): PipelineError {
  if (cause instanceof PipelineError) {
    const { code, message, expected, received, hint } = cause
    return new PipelineError(code, { message, option: 'weights', expected, received, hint, cause })
  }
  return new PipelineError('ERR_BAD_OPTION', { message: cause instanceof Error ? cause.message : String(cause), cause })
}

import { PipelineError, type SourceImplementation, type Static } from '@etsef/plugin-api'
import {
  buildArchitecture,
  initWeights,
  loadWeights,
  preprocessingOf,
  writeModel,
  type ArchitectureOptions,
} from '@etsef/nn'
import type { pretrainedOptions, pretrainedOutputs } from '../plugin.js'

type Implementation = SourceImplementation<Static<typeof pretrainedOptions>, typeof pretrainedOutputs>

/** Builds the network, reads its weights or draws them, and writes the model directory. */
export const run: Implementation['run'] = async ({ options, ctx }) => {
  const architectureOptions: ArchitectureOptions = {
    ...(options.inputSize === null ? {} : { inputSize: options.inputSize }),
    ...(options.width === 1 ? {} : { width: options.width }),
    ...(options.variant === 'default' ? {} : { variant: options.variant }),
    ...(options.cut === null ? {} : { cut: options.cut }),
  }
  const graph = build(options.architecture, architectureOptions)
  const fitted =
    options.weights === undefined ? undefined : await loadWeights(options.weights, graph, architectureOptions)
  const dir = ctx.outputDir('model')
  await writeModel(dir, {
    graph,
    weights: fitted?.weights ?? initWeights(graph, options.init),
    classNames: [],
    preprocessing: preprocessingOf(options.architecture, architectureOptions),
    trainingRecord: { source: fitted === undefined ? 'random' : 'file', init: options.init },
  })
  return { model: { kind: 'model', dir } }
}

function build(name: string, options: ArchitectureOptions) {
  try {
    return buildArchitecture(name, options)
  } catch (cause) {
    throw new PipelineError('ERR_BAD_OPTION', {
      message: cause instanceof Error ? cause.message : String(cause),
      cause,
    })
  }
}

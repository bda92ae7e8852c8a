import { PipelineError, type ErrorCode } from '@etsef/plugin-api'
import { nearestName } from '@etsef/plugin-api/semantics'

// Everything that a user of networks, weights and engines can meet, as located errors. A mistake in the code that calls here is `misuse`.

/** What an error says beside its message. */
interface Details {
  readonly expected?: string
  readonly received?: string
  readonly hint?: string
  readonly cause?: unknown
}

/** An option that the network does not take; `option` is its name in a pipeline. */
export function badOption(option: string, message: string, details: Details = {}): PipelineError {
  return new PipelineError('ERR_BAD_OPTION', { message, option, ...details })
}

/** A name that is none of the known ones. */
export function unknownName(input: {
  /** What is named: `architecture`, `stage of resnet18`. */
  readonly what: string
  readonly name: string
  readonly known: readonly string[]
  /** The option that has the name. */
  readonly option?: string
  /** Default `ERR_BAD_OPTION`. */
  readonly code?: ErrorCode
}): PipelineError {
  const { what, name, known, option, code = 'ERR_BAD_OPTION' } = input
  const near = nearestName(name, known)
  return new PipelineError(code, {
    message: `There is no ${what} "${name}"`,
    ...(option !== undefined && { option }),
    expected: known.join(', '),
    received: name,
    ...(near !== undefined && { hint: `did you mean "${near}"?` }),
  })
}

/** A network that lacks what is to be done with it. */
export function wrongNetwork(message: string, details: Details = {}): PipelineError {
  return new PipelineError('ERR_MODEL_KIND', { message, ...details })
}

/** A network without the dense layer of logits that is trained or explained. */
export function noLogits(architecture: string): PipelineError {
  return wrongNetwork(`${architecture} has no dense layer of logits`, {
    expected: 'a classifier: a network with a head',
    hint: 'fine-tune it first (backbones/finetune)',
  })
}

/** A weight file that cannot be used, or does not fit the network. */
export function badWeights(message: string, details: Details = {}): PipelineError {
  return new PipelineError('ERR_WEIGHTS', { message, ...details })
}

/** A weight that the network needs is not among those given. */
export function missingWeight(name: string): PipelineError {
  return badWeights(`weight "${name}" is missing`, {
    hint: 'the weights are of another network, or the file is damaged',
  })
}

/** A weight whose shape is not the network's. */
export function wrongWeightShape(
  name: string,
  expected: readonly number[],
  received: readonly number[],
): PipelineError {
  return badWeights(`weight "${name}" has another shape than in the network`, {
    expected: `[${expected.join(', ')}]`,
    received: `[${received.join(', ')}]`,
  })
}

/** A tensor engine, or what one is made of, that cannot be had on this machine. */
export function noEngine(message: string, details: Details = {}): PipelineError {
  return new PipelineError('ERR_ENGINE', { message, ...details })
}

/** A batch that is not the one the network takes. */
export function wrongBatch(shape: readonly number[], received: number): PipelineError {
  const numValues = shape.reduce((product, length) => product * length, 1)
  return new PipelineError('ERR_SHAPE_MISMATCH', {
    message: `The network takes ${numValues} values for [${shape.join(', ')}]`,
    expected: `${numValues} values`,
    received: `${received} values`,
  })
}

/**
 * A mistake in code, not in what a user gave: a plain error, which the runner shows with its stack. Written where an invariant would
 * break, so that a plain error thrown in any other way stands out.
 */
export function misuse(message: string): Error {
  return new Error(message)
}

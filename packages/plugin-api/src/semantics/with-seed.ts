import type { OperationContext, SeedlessContext } from '../context.js'
import type { Operation } from '../define-operation.js'
import { PipelineError } from '../errors.js'
import { createRng } from '../rng.js'

/** Whether the result of an operation with these options depends on the seed. */
export function doesDraw({ draws = true }: Pick<Operation, 'draws'>, options: unknown): boolean {
  return typeof draws === 'function' ? draws(options) : draws
}

/**
 * The context with a seed and generators of it, written into the object given. Without a seed the operation draws nothing: asking for one
 * is an error.
 */
export function withSeed(ctx: SeedlessContext, type: string, seed: string | undefined): OperationContext {
  const ask = (): string => seed ?? refuse(type)
  const isGiven = seed !== undefined
  const added: Pick<OperationContext, 'rng'> = { rng: (...labels) => createRng(ask(), ...labels) }
  // Not enumerable, so that copying the context with `{ ...ctx }` does not call the getter, which throws.
  Object.defineProperties(ctx, {
    seed: { get: ask, enumerable: isGiven },
    rng: { value: added.rng, enumerable: isGiven },
  })
  // Both were added just now.
  return ctx as OperationContext
}

function refuse(type: string): never {
  throw new PipelineError('ERR_PLUGIN', {
    message: `${type} asks for a seed, but it is declared to draw nothing with these options`,
    expected: 'nothing is drawn, so that runs of other seeds share the result',
    hint: 'leave out `draws` in its declaration, or let it tell by the options',
  })
}

import { Type } from '@etsef/plugin-api'
import type { Static } from '@etsef/plugin-api'
import { heldOutPartition } from '../evaluate/evaluate-options.js'

/** Options of `report/figures`. */
export const figuresOptions = Type.Object(
  {
    partition: heldOutPartition,
    perplexity: Type.Number({
      minimum: 1,
      default: 30,
      description: 't-SNE: effective number of neighbours; lowered with a warning when rows are few',
    }),
    iterations: Type.Integer({ minimum: 50, maximum: 10_000, default: 1000, description: 't-SNE: gradient steps' }),
    maxPoints: Type.Integer({
      minimum: 4,
      maximum: 5000,
      default: 1000,
      description: 't-SNE: at most so many rows, drawn with the seed (time grows with the square)',
    }),
  },
  { additionalProperties: false },
)

/** Options of `report/figures`, defaults filled in. */
export type FiguresOptions = Static<typeof figuresOptions>

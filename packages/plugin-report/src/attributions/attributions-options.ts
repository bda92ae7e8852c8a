import { Type } from '@etsef/plugin-api'
import type { Static } from '@etsef/plugin-api'
import { heldOutPartition } from '../evaluate/evaluate-options.js'

/** Options of `report/attributions`. */
export const attributionsOptions = Type.Object(
  {
    partition: heldOutPartition,
    columns: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 20,
      description: 'Columns in the figure and in the table: those with the largest values; all are in the CSV',
    }),
  },
  { additionalProperties: false },
)

/** Options of `report/attributions`, defaults filled in. */
export type AttributionsOptions = Static<typeof attributionsOptions>

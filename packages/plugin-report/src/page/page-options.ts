import { Type } from '@etsef/plugin-api'
import type { Static } from '@etsef/plugin-api'

/** Options of `report/page`. */
export const pageOptions = Type.Object(
  { title: Type.String({ default: 'Report', minLength: 1, description: 'Heading of the page' }) },
  { additionalProperties: false },
)

/** Options of `report/page`, defaults filled in. */
export type PageOptions = Static<typeof pageOptions>

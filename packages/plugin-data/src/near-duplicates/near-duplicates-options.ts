import { Type, type Static } from '@etsef/plugin-api'
import { alikeDefaults } from './alike-defaults.js'

/** Options of `data/near-duplicates`. */
export const nearDuplicatesOptions = Type.Object(
  {
    acrossPartitions: Type.Enum(['refuse', 'report'], {
      default: 'refuse',
      description: 'Near-duplicates of which one is a test row and the other is not, or that a split has parted',
    }),
    sharedGroups: Type.Enum(['refuse', 'report', 'ignore'], {
      default: 'report',
      description:
        'Groups (patients) with test rows in one input and other rows in another; ignore where equal names are not equal patients',
    }),
    maxDistance: Type.Integer({
      minimum: 0,
      maximum: 128,
      default: alikeDefaults.maxDistance,
      description: 'At most so many of the 256 bits of the difference hashes differ',
    }),
    minCorrelation: Type.Number({
      minimum: 0,
      maximum: 1,
      default: alikeDefaults.minCorrelation,
      description: 'Least correlation of the pictures at 32 × 32',
    }),
  },
  { additionalProperties: false },
)

/** Options of `data/near-duplicates`, defaults filled in. */
export type NearDuplicatesOptions = Static<typeof nearDuplicatesOptions>

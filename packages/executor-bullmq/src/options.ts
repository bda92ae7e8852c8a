import { Type, type Static } from '@etsef/plugin-api'

const defaultRedis = 'redis://127.0.0.1:6379'

/** What `--executor-option` may say of BullMQ. */
export const bullmqOptions = Type.Object(
  {
    redis: Type.Optional(
      Type.String({
        pattern: '^rediss?://',
        description: 'Address of the Redis; default: ETSEF_REDIS, or this machine',
      }),
    ),
    attempts: Type.Integer({
      minimum: 1,
      default: 5,
      description: 'Times that a stage is tried whose process or worker was lost',
    }),
    lockSeconds: Type.Number({
      exclusiveMinimum: 0,
      default: 10,
      description: 'A worker that was not heard of for so long is lost, and its stage is given to another',
    }),
    patienceSeconds: Type.Number({
      exclusiveMinimum: 0,
      default: 60,
      description: 'So long Redis may be away during a run',
    }),
  },
  { additionalProperties: false },
)

/** Options of BullMQ, checked. */
export type BullmqOptions = Static<typeof bullmqOptions>

/** Where the Redis is. */
export function redisUrl({ redis }: BullmqOptions): string {
  return redis ?? process.env['ETSEF_REDIS'] ?? defaultRedis
}

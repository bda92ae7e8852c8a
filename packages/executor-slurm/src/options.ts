import { Type, type Static } from '@etsef/plugin-api'

/** What `--executor-option` may say of Slurm. Partition and account can stand in SBATCH_PARTITION and SBATCH_ACCOUNT, too. */
export const slurmOptions = Type.Object(
  {
    partition: Type.Optional(Type.String({ pattern: '^[\\w.,-]+$', description: 'Partitions, the best first' })),
    account: Type.Optional(Type.String({ pattern: '^[\\w.-]+$', description: 'Who is charged' })),
    time: Type.Optional(
      Type.String({ pattern: '^[\\d:-]+$', description: "Wall time of a task, as 4:00:00; default: the partition's" }),
    ),
    parallel: Type.Optional(Type.Integer({ minimum: 1, description: 'Tasks of an array at a time' })),
    groupSeconds: Type.Number({
      minimum: 0,
      default: 60,
      description: 'Small stages go together up to so many seconds; 0: every stage is a task',
    }),
    warnSeconds: Type.Integer({
      minimum: 1,
      default: 120,
      description: 'So long before the wall time a task stops and is queued again, to go on from its checkpoint',
    }),
    pollSeconds: Type.Number({
      exclusiveMinimum: 0,
      default: 30,
      description: 'Longest pause between two looks at the queue',
    }),
    sbatch: Type.Optional(Type.String({ description: 'Further words for sbatch, as "--qos=high --constraint=a100"' })),
  },
  { additionalProperties: false },
)

/** Options of Slurm, checked. */
export type SlurmOptions = Static<typeof slurmOptions>

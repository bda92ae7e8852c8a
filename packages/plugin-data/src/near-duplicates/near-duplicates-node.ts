import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError, collectImages, concatImages, type ReportImplementation } from '@etsef/plugin-api'
import { auditMarkdown, auditTables, nameOf } from './audit-tables.js'
import { auditNearDuplicates, type Audit, type AuditedRow } from './audit.js'
import { fingerprintsOf } from './fingerprints-of.js'
import type { NearDuplicatesOptions, nearDuplicatesInputs, nearDuplicatesOutputs } from './near-duplicates.js'

type Implementation = ReportImplementation<
  NearDuplicatesOptions,
  typeof nearDuplicatesInputs,
  typeof nearDuplicatesOutputs
>

/** Looks at every picture once, compares all, and writes what it found or refuses it. */
export const run: Implementation['run'] = async ({ options, inputs, ctx }) => {
  const sets = await Promise.all(
    inputs.images.map(async ({ name, value }) => ({ name, images: await collectImages(value, ctx.signal) })),
  )
  const rows = sets.flatMap(({ name, images }) =>
    images.ids.map((_, i): AuditedRow => ({
      input: name,
      file: images.uris[i]!,
      sourceId: images.sourceIds[i]!,
      partition: images.partitions[i]!,
      className: images.classNames[images.labels[i]!],
      group: images.groups[i]!,
    })),
  )
  const all = concatImages(sets.map(({ images }) => images))
  const table = await fingerprintsOf(
    rows.length,
    (index) => all.load(index),
    (done) => {
      ctx.signal.throwIfAborted()
      ctx.progress(done, rows.length, 'images')
    },
  )
  const audit = auditNearDuplicates(rows, table, {
    ...options,
    comparesGroups: options.sharedGroups !== 'ignore',
    onProgress: () => {
      ctx.signal.throwIfAborted()
    },
  })
  refuse(rows, audit, options)
  warn(rows, audit, (message) => {
    ctx.log('warn', message)
  })
  const written = auditTables(rows, audit)
  const dir = ctx.outputDir('report')
  for (const [name, text] of written.groups)
    await writeFile(join(dir, written.groups.size === 1 ? 'groups.csv' : `groups-${name}.csv`), text)
  await writeFile(join(dir, 'pairs.csv'), written.pairs)
  await writeFile(join(dir, 'shared-groups.csv'), written.sharedGroups)
  await writeFile(join(dir, 'table.md'), auditMarkdown(rows, audit, written.table))
  return { report: { kind: 'report', dir, metrics: written.metrics, table: written.table } }
}

/** @throws PipelineError `ERR_LEAKAGE` naming the first pair. */
function refuse(rows: readonly AuditedRow[], audit: Audit, options: NearDuplicatesOptions): void {
  const [pair] = audit.pairs
  if (pair?.isLeak && options.acrossPartitions === 'refuse') {
    throw new PipelineError('ERR_LEAKAGE', {
      message: `"${nameOf(rows[pair.a]!)}" and "${nameOf(rows[pair.b]!)}" are near-duplicates: ${String(pair.distance)} of 256 bits differ, correlation ${pair.correlation.toFixed(4)}`,
      port: 'images',
      option: 'acrossPartitions',
      expected: 'near-duplicates in one partition, and no test picture in another data set',
      received: `${String(audit.numLeaks)} ${audit.numLeaks === 1 ? 'pair' : 'pairs'} across partitions`,
      hint: pair.hasTwoInputs
        ? 'remove these pictures from the set that models are pre-trained on'
        : 'set nearDuplicates: group in data/folder, or acrossPartitions: report to get the groups as a table',
    })
  }
  const [shared] = audit.sharedGroups
  if (shared && options.sharedGroups === 'refuse') {
    throw new PipelineError('ERR_LEAKAGE', {
      message: sharedText(rows, audit),
      port: 'images',
      option: 'sharedGroups',
      expected: 'no patient of the test rows in another data set',
      received: `${String(audit.sharedGroups.length)} shared ${audit.sharedGroups.length === 1 ? 'group' : 'groups'}`,
      hint: 'leave these patients out of the set that models are pre-trained on; sharedGroups: ignore where equal names are not equal patients',
    })
  }
}

function warn(rows: readonly AuditedRow[], audit: Audit, log: (message: string) => void): void {
  const [pair] = audit.pairs
  if (pair?.isLeak)
    log(
      `${String(audit.numLeaks)} pairs of near-duplicates are in different partitions, e.g. "${nameOf(rows[pair.a]!)}" and "${nameOf(rows[pair.b]!)}"`,
    )
  const contradiction = audit.pairs.find(({ hasTwoClasses }) => hasTwoClasses)
  if (contradiction)
    log(
      `${String(audit.numAcrossClasses)} pairs of near-duplicates are of different classes, e.g. "${nameOf(rows[contradiction.a]!)}" and "${nameOf(rows[contradiction.b]!)}"`,
    )
  if (audit.sharedGroups.length > 0) log(sharedText(rows, audit))
}

function sharedText(rows: readonly AuditedRow[], { sharedGroups: [shared] }: Audit): string {
  const { group, test, other } = shared!
  return `Group "${group}" has test rows in one data set and other rows in another: "${nameOf(rows[test]!)}" and "${nameOf(rows[other]!)}"`
}

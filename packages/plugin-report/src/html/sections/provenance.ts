import { figureAt, shown } from '../figure.js'
import { markup, name, trusted } from '../markup.js'
import { tableBlock, words } from '../section.js'
import type { Section } from '../section.js'
import type { Cell } from '../table.js'
import type { Told } from '../told.js'

/** What the run took. */
export function costSection({ facts, record }: Told): Section {
  if (facts === null) return { id: 'cost', title: 'Cost', blocks: [] }
  const rows = facts.nodes.flatMap((node, at) =>
    node.stages.map((stage, index): Cell[] => {
      const figure = (key: string, form: 'seconds' | 'whole') =>
        figureAt(record, ['nodes', at, 'stages', index, key], form)
      return [
        stage.part === 'run' ? node.id : `${node.id}:${stage.part}`,
        node.operation,
        stage.outcome,
        figure('seconds', 'seconds'),
        figure('maxRssMb', 'whole'),
      ]
    }),
  )
  return {
    id: 'cost',
    title: 'Cost',
    blocks: [
      words(
        markup`<p>The run took ${shown(figureAt(record, ['seconds'], 'seconds'))} of wall time. What was cached cost its time in an earlier run.</p>`,
      ),
      tableBlock(
        {
          id: 'cost',
          caption: 'Stages in the order of the run',
          columns: ['Stage', 'Operation', 'Outcome', 'Time', 'Peak memory, MB'],
          rows,
        },
        { isFolded: true },
      ),
    ],
  }
}

/** Everything needed to do it again: graph, YAML, versions, seed, engine, run id. */
export function provenanceSections({ facts, record }: Told): Section[] {
  if (facts === null) return []
  const { versions, command, contents } = facts
  const entries: readonly (readonly [string, string])[] = [
    ['Run', facts.run],
    ['Status', facts.status],
    ['Began', facts.startedAt],
    ['Pipeline file', facts.file],
    ['Seed', String(facts.seed)],
    ['Engine', facts.engine ?? 'none'],
    ...(command.overrides.length > 0 ? [['Overrides', command.overrides.join(' · ')] as const] : []),
    ...(command.profile === null ? [] : [['Profile', command.profile] as const]),
    ['Node', versions.node],
    ['Runner', versions.runner],
    ...Object.entries(versions.plugins),
  ]
  const content = Object.entries(contents)
  return [
    {
      id: 'graph',
      title: 'Pipeline',
      blocks: [
        words(
          markup`<figure class="graph" tabindex="0" role="region" aria-label="Graph of the pipeline"><img src="data:image/svg+xml;base64,${Buffer.from(facts.graph).toString('base64')}" alt="Graph of the pipeline: ${String(facts.nodes.length)} nodes"></figure>`,
        ),
        words(
          markup`<details><summary>YAML as it ran, everything resolved</summary><pre tabindex="0"><code>${facts.yaml}</code></pre></details>`,
        ),
      ],
    },
    {
      id: 'provenance',
      title: 'To do it again',
      blocks: [
        words(
          markup`<dl class="facts">${entries.map(([term, text]) => markup`<dt>${name(term)}</dt><dd><span class="name">${text}</span></dd>`)}</dl>`,
        ),
        words(
          content.length === 0
            ? markup``
            : markup`<details><summary>Content that options name</summary><dl class="facts">${content.map(
                ([option, { path, digest }]) =>
                  markup`<dt>${name(option)}</dt><dd>${name(path)}, ${shown(figureAt(record, ['contents', option, 'numFiles'], 'whole'))} files, <code>sha256 ${digest}</code></dd>`,
              )}</dl></details>`,
        ),
        words(
          markup`<p class="note"><code>etsef replay ${facts.run}</code> runs it again and compares every artifact.</p>`,
        ),
      ],
    },
  ]
}

/** Texts and figures of the reports that have no section of their own. */
export function otherSections({ reports }: Told): Section[] {
  return reports.flatMap(({ name: report, texts, images, evaluation, explanation, cases }): Section[] => {
    if (evaluation || explanation || cases || (texts.length === 0 && images.length === 0)) return []
    const figures = images.map(({ name: file, type, data }) => {
      const caption = file.replace(/\.[a-z]+$/, '')
      return markup`<figure><img src="data:${type};base64,${Buffer.from(data).toString('base64')}" alt="${report}: ${caption}"><figcaption>${name(caption)}</figcaption></figure>`
    })
    return [
      {
        id: `report-${report}`,
        title: report,
        blocks: [
          words(markup`<div class="quoted">${texts.map(trusted)}</div>`),
          words(markup`<div class="figures">${figures}</div>`),
        ],
      },
    ]
  })
}

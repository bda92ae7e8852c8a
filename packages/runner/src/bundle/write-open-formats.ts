import type { OpenFormatsArguments, Ports } from '@etsef/plugin-api'
import { readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import type { OpenRun } from '../predict/open-run.js'
import type { FittedStep } from '../predict/fitted-graph.js'
import { bundleFiles, openFolder } from './bundle-format.js'
import { mergeSafetensors } from './merge-safetensors.js'

/** What was written of a step for other programs. */
export interface OpenStepFiles {
  readonly node: string
  readonly type: string
  /** Below the bundle, with `/`. */
  readonly files: readonly string[]
}

interface Code {
  load?(dir: string): Promise<unknown>
  writeOpenFormats?(args: OpenFormatsArguments<unknown, Ports> & { readonly state: unknown }): Promise<void>
}

/**
 * Writes what a bundle applies in formats that other programs read: a folder below `open/` for each step that knows some, all weights as
 * one `model.safetensors`, and a `config.json` that says what is where. They are copies: the bundle itself opens its `fitted/`.
 *
 * @param steps - With folders as they are below `dir`.
 */
export async function writeOpenFormats(
  { predictor: { graph, classNames }, place: { registry }, record }: OpenRun,
  steps: readonly FittedStep[],
  dir: string,
): Promise<readonly OpenStepFiles[]> {
  const written: OpenStepFiles[] = []
  const weights: { path: string; prefix: string }[] = []
  for (const step of steps) {
    if (step.passes) continue
    // Types are erased here; the implementation was checked against its own where it was defined.
    const code = (await registry.find(step.type)?.operation.load()) as Code | undefined
    if (!code?.writeOpenFormats) continue
    const folder = `${openFolder}/${String(written.length).padStart(2, '0')}-${step.node.replace(/[^\w-]/g, '_')}`
    const to = join(dir, folder)
    ensureFolder(to)
    const models = step.inputs.flatMap(({ port, dir: from }) =>
      from === undefined ? [] : [[port, { kind: 'model', dir: join(dir, from) }] as const],
    )
    await code.writeOpenFormats({
      options: step.options,
      state: step.state === undefined ? undefined : await code.load?.(join(dir, step.state)),
      inputs: Object.fromEntries(models),
      classNames,
      dir: to,
    })
    const files = readdirSync(to).sort()
    if (files.includes(bundleFiles.weights)) weights.push({ path: join(to, bundleFiles.weights), prefix: step.node })
    if (files.length === 0) rmdirSync(to)
    else written.push({ node: step.node, type: step.type, files: files.map((file) => `${folder}/${file}`) })
  }
  if (weights.length > 0) {
    mergeSafetensors(weights, join(dir, bundleFiles.weights))
    for (const { path } of weights) rmSync(path)
  }
  const own = written.map(({ files, ...step }) => ({
    ...step,
    files: files.filter((file) => basename(file) !== bundleFiles.weights),
  }))
  const indexed = Object.entries(classNames)
  const config = {
    model_type: 'etsef',
    pipeline: record.pipeline,
    target: graph.target,
    num_labels: classNames.length,
    id2label: Object.fromEntries(indexed),
    label2id: Object.fromEntries(indexed.map(([id, name]) => [name, Number(id)])),
    steps: steps.map(({ node, type, passes, inputs }) => ({
      node,
      type,
      ...(passes ? { passes } : {}),
      inputs: inputs.flatMap(({ from }) => (from ? [`${from.node}.${from.port}`] : [])),
      files: own.find((each) => each.node === node)?.files ?? [],
      ...(weights.some(({ prefix }) => prefix === node) ? { weights: `${bundleFiles.weights}: ${node}/…` } : {}),
    })),
  }
  writeFileSync(join(dir, bundleFiles.config), `${JSON.stringify(config, null, 2)}\n`)
  return own
}

import { checkPipeline } from '../run/check-pipeline.js'
import { InvalidPipeline } from '../errors.js'
import { toPlain } from '../pipeline/located.js'
import { printYaml } from '../pipeline/print-yaml.js'
import { pipelineRequest, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { writeResult, type Output } from './output.js'

/** `etsef resolve FILE [--annotate] [--out FILE]`: the pipeline that runs; with `--annotate` where each value was written. */
export async function resolve(args: Arguments, output: Output): Promise<number> {
  const checked = await checkPipeline(pipelineRequest(args))
  if (checked.problems.length > 0) throw new InvalidPipeline(checked.problems)
  const { root } = checked.document
  const hidden = new Set(['vars', 'profiles', 'extends'])
  const shown = { ...root, entries: new Map([...root.entries].filter(([key]) => !hidden.has(key))) }
  const text = args.isJson
    ? JSON.stringify(toPlain(shown))
    : printYaml(shown, { isAnnotated: args.values.annotate ?? false })
  writeResult(text, args, output)
  return exitCodes.ok
}

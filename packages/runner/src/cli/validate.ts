import { checkPipeline } from '../run/check-pipeline.js'
import { pipelineRequest, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { formatProblem, type Output } from './output.js'

/** `etsef validate FILE`: every problem of the pipeline, each with its place. */
export async function validate(args: Arguments, output: Output): Promise<number> {
  const checked = await checkPipeline(pipelineRequest(args))
  const { problems, graph, notices } = checked
  if (args.isJson) output.line(JSON.stringify({ file: checked.document.file, valid: problems.length === 0, problems }))
  else {
    for (const notice of notices) output.note(`note: ${notice}`)
    for (const error of problems) output.line(`${formatProblem(error, checked.root, args.values.set)}\n`)
    output.line(
      problems.length === 0
        ? `${checked.document.file} is valid: ${String(graph.nodes.size)} nodes`
        : `${String(problems.length)} problem${problems.length === 1 ? '' : 's'}`,
    )
  }
  return problems.length === 0 ? exitCodes.ok : exitCodes.invalid
}

import { PipelineError, type IssueDetails } from '@etsef/plugin-api'

/**
 * Reads a source while planning: what cannot be read becomes a problem of the plan, at the option that the error names.
 *
 * @param option - Where the problem is told when the error names no option.
 * @returns What `read` gives; nothing known after a problem.
 * @throws What is no PipelineError.
 */
export function orIssue<T extends object>(
  issue: (at: string, message: string, details: IssueDetails) => void,
  option: string,
  read: () => T,
): T | Record<string, never> {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error
    const { expected, received, hint } = error
    issue(error.option ?? option, error.message, {
      ...(expected !== undefined && { expected }),
      ...(received !== undefined && { received }),
      ...(hint !== undefined && { hint }),
    })
    return {}
  }
}

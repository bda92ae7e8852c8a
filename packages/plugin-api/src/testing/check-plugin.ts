import { afterAll, describe, test } from 'vitest'
import { formatError, isPipelineError } from '../errors.js'
import type { Plugin } from '../define-plugin.js'
import { conformanceChecks, type CheckPluginOptions } from './conformance.js'

/**
 * Registers the conformance suite: the same named checks for every operation of every plugin, by the runner's own rules.
 *
 * Static: names and descriptions of options and ports; unknown options refused; nothing fitted on test rows; code with the functions of
 * its kind. With a case: the declared outputs come out, rows and numbers as the runner takes them, under opaque names; inputs are left
 * alone; `plan` predicts what comes; the same seed gives the same bytes; a batch of 1 equals a batch of 16; a row's answer depends
 * neither on the rows before it nor, in a combine, on the test rows beside it; pictures load, the same bytes twice; an upstream error
 * passes through. No folder is left behind. `conformanceProblems` finds the same without vitest.
 */
export function checkPlugin(plugin: Plugin, options: CheckPluginOptions): void {
  const { checks, dispose } = conformanceChecks(plugin, options)
  describe(`plugin ${plugin.name} conforms`, () => {
    afterAll(dispose)
    for (const operation of new Set(checks.map((check) => check.operation))) {
      const register = (): void => {
        for (const { name, run } of checks.filter((check) => check.operation === operation)) {
          test(name, async () => {
            try {
              await run()
            } catch (thrown) {
              throw thrown instanceof Error && isPipelineError(thrown)
                ? new Error(formatError(thrown), { cause: thrown })
                : thrown
            }
          })
        }
      }
      if (operation === undefined) register()
      else describe(operation, register)
    }
  })
}

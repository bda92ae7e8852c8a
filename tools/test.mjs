// `npm test`: builds, gets the tensor engine on first use, runs every test of every package and of test/, and ends with the
// plain line `N passed, N failed`. Arguments go to vitest (`npm test -- --project nn`).
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setUp } from './set-up.mjs'

setUp()
const dir = mkdtempSync(join(tmpdir(), 'etsef-test-'))
const resultFile = join(dir, 'result.json')
const vitest = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    '--reporter=./tools/flaky-reporter.mjs',
    `--outputFile.json=${resultFile}`,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
)
const { passed, failed: counted, skipped } = counts(resultFile)
// A process that died before it had listed its tests leaves a file without any, as one whose tests are all left out does.
const failed = counted === 0 && vitest.status !== 0 ? 1 : counted
rmSync(dir, { recursive: true, force: true })
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
process.exit(failed > 0 || passed === 0 ? 1 : (vitest.status ?? 1))

/** Counts of tests; a file that could not be read, or whose process died while its tests ran, counts as one failure and is named. */
function counts(file) {
  try {
    const result = JSON.parse(readFileSync(file, 'utf8'))
    const brokenFiles = result.testResults.filter(
      ({ status, assertionResults }) =>
        (status === 'failed' && assertionResults.length === 0) ||
        assertionResults.some((test) => test.status === 'pending'),
    )
    for (const { name } of brokenFiles)
      process.stdout.write(`broken: ${relative(process.cwd(), name)} did not run to its end\n`)
    return {
      passed: result.numPassedTests,
      failed: result.numFailedTests + brokenFiles.length,
      skipped: result.numPendingTests + (result.numTodoTests ?? 0),
    }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

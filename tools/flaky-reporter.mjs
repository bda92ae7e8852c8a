/**
 * Vitest reporter that names the tests that passed only when they were run again (`npm test -- --retry=1`), so that a second attempt is never
 * silent. Such a test is a fault, of the test or of what it tests: it is to be mended, not to be lived with.
 */
export default class FlakyReporter {
  #flaky = []

  onTestCaseResult(test) {
    const diagnostic = test.diagnostic()
    if (diagnostic?.flaky) this.#flaky.push({ name: `${test.module.relativeModuleId} > ${test.fullName}`, test })
  }

  onTestRunEnd() {
    for (const { name, test } of this.#flaky)
      process.stdout.write(
        `flaky: ${name} passed only when run again\n${test
          .result()
          .errors?.map(({ message }) => `  ${message}\n`)
          .join('')}`,
      )
  }
}

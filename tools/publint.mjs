// Checks every published package as it would be packed.
import { readdirSync } from 'node:fs'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { readFileSync } from 'node:fs'

let problems = 0
for (const name of readdirSync('packages')) {
  const pkgDir = `packages/${name}`
  const pkg = JSON.parse(readFileSync(`${pkgDir}/package.json`, 'utf8'))
  const { messages } = await publint({ pkgDir, strict: true, pack: false })
  for (const message of messages) {
    problems++
    process.stdout.write(`${pkg.name}: ${formatMessage(message, pkg)}\n`)
  }
}
process.exit(problems > 0 ? 1 : 0)

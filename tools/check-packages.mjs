// Packs every published package and checks what a user would get: publint reads the manifest beside the files, "are the types wrong" asks
// whether TypeScript finds the types of every entry as Node and bundlers find its code. A problem is a line; the exit code says whether there was one.
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { filterProblems } from '@arethetypeswrong/core/problems'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

/** All packages are ESM only: `require` of one, and resolution from before `exports`, are not offered (the profile "esm-only" of the tool's command). */
const resolutions = ['node16-esm', 'bundler']

const folder = mkdtempSync(join(tmpdir(), 'etsef-packed-'))
const problems = []
try {
  const packed = JSON.parse(
    execFileSync('npm', ['pack', '--workspaces', '--ignore-scripts', '--json', '--pack-destination', folder], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )
  for (const { name, filename } of packed) {
    const tarball = readFileSync(join(folder, filename))
    for (const message of await publintMessages(tarball)) problems.push(`${name}: publint: ${message}`)
    if (offersCode(name)) for (const message of await typeMessages(tarball)) problems.push(`${name}: types: ${message}`)
  }
  process.stdout.write(`${packed.length} packages, ${problems.length} problems\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
for (const problem of problems) process.stdout.write(`${problem}\n`)
process.exit(problems.length > 0 ? 1 : 0)

/** A bundle or a generator is a command: there is nothing to import but its package.json. */
function offersCode(name) {
  const { exports } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'))
  return Object.keys(exports).some((entry) => entry !== './package.json')
}

async function publintMessages(tarball) {
  const { messages, pkg } = await publint({
    pack: { tarball: tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.byteLength) },
    strict: true,
  })
  return messages.map((message) => formatMessage(message, pkg))
}

async function typeMessages(tarball) {
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)))
  if (analysis.types === false) return ['no types']
  const found = resolutions.flatMap((resolutionKind) => filterProblems(analysis, { resolutionKind }))
  return [...new Set(found.map((problem) => JSON.stringify(problem)))]
}

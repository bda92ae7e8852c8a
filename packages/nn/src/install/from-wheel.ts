import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { compileBinding } from './compile-binding.js'
import { lastLines, runCommand } from './run-command.js'
import { WHEEL, WHEEL_HEADERS, WHEEL_LIBRARIES } from './versions.js'
import { extractZipEntries } from './zip-entries.js'
import { noEngine } from '../errors.js'

const NEEDED_BYTES = 1.3e9

/**
 * Builds a cache entry from the pinned TensorFlow wheel: pip downloads it (274 MB), its sha256 is checked, two libraries and
 * fourteen headers are unpacked, and the binding is compiled against them with g++.
 */
export async function buildFromWheel(directory: string, log: (line: string) => void): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw noEngine(`the wheel is for linux x64, this is ${process.platform} ${process.arch}`)
  }
  await requireCommand('g++')
  const disk = await statfs(directory)
  if (disk.bavail * disk.bsize < NEEDED_BYTES) throw noEngine('less than 1.3 GB free in the cache directory')
  log(`downloading ${WHEEL.requirement} with pip (274 MB)`)
  const wheel = await downloadWheel(directory)
  await checkSha256(wheel, WHEEL.sha256)
  log('unpacking libtensorflow (850 MB)')
  await extractZipEntries(wheel, [
    ...WHEEL_LIBRARIES.map(({ entry, sha256 }) => ({
      entry,
      sha256,
      target: join(directory, 'deps', 'lib', libraryName(entry)),
    })),
    ...WHEEL_HEADERS.map((name) => ({
      entry: `tensorflow/include/${name}`,
      target: join(directory, 'deps', 'include', name),
    })),
  ])
  await rm(wheel)
  log('compiling the binding with g++ (about 20 s)')
  await compileBinding(directory, {
    package: '@tensorflow/tfjs-node',
    includeDirectory: join(directory, 'deps', 'include'),
    libraryDirectory: join(directory, 'deps', 'lib'),
    libraries: WHEEL_LIBRARIES.map(({ entry }) => libraryName(entry)),
    runtimePath: '$ORIGIN/../../deps/lib',
  })
}

async function downloadWheel(directory: string): Promise<string> {
  const args = ['download', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '-q']
  args.push('--python-version', WHEEL.pythonVersion, '-d', directory, WHEEL.requirement)
  const attempts: (readonly [string, readonly string[]])[] = [
    ['pip', args],
    ['pip3', args],
    ['python3', ['-m', 'pip', ...args]],
  ]
  const problems: string[] = []
  for (const [program, programArgs] of attempts) {
    try {
      const { code, stderr } = await runCommand(program, programArgs, { timeoutMs: 1_800_000 })
      if (code === 0) return join(directory, WHEEL.fileName)
      problems.push(`${program}: ${lastLines(stderr, 1)}`)
    } catch (cause) {
      problems.push(cause instanceof Error ? cause.message : String(cause))
    }
  }
  throw noEngine(problems.join('; '))
}

async function requireCommand(program: string): Promise<void> {
  await runCommand(program, ['--version'], { timeoutMs: 20_000 })
}

async function checkSha256(file: string, expected: string): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  const digest = hash.digest('hex')
  if (digest !== expected) throw noEngine(`${WHEEL.fileName}: sha256 is ${digest}, expected ${expected}`)
}

function libraryName(entry: string): string {
  return entry.slice(entry.lastIndexOf('/') + 1)
}

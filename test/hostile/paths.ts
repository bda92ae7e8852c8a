import type { ErrorCode } from '@etsef/plugin-api'
import { execFileSync } from 'node:child_process'
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFiles, type HostileCase } from './hostile-case.js'

/** A path that is the pipeline. */
function pipeline(name: string, code: ErrorCode, make: (dir: string) => string): HostileCase {
  return { name, code, arrange: (dir) => ['validate', make(dir)] }
}

/** A path that a source declares as its content: what is planned has its content digested. */
function content(name: string, code: ErrorCode, make: (dir: string) => string): HostileCase {
  return {
    name,
    code,
    place: 'pipeline.yaml:2',
    arrange(dir) {
      const path = make(dir)
      writeFiles(dir, {
        'pipeline.yaml': `nodes:\n  scans: { use: data/folder, with: { path: ${JSON.stringify(path)} } }\n`,
      })
      return ['plan', 'pipeline.yaml']
    },
  }
}

function pipe(dir: string, name = 'pipe'): string {
  execFileSync('mkfifo', [join(dir, name)])
  return join(dir, name)
}

function folder(dir: string, name = 'scans'): string {
  writeFiles(dir, { [`${name}/healthy/1.png`]: 'no picture', [`${name}/ill/1.png`]: 'no picture' })
  return join(dir, name)
}

/** A file that holds nothing and says that it is large. */
function sparse(path: string, bytes: number): string {
  writeFileSync(path, '')
  truncateSync(path, bytes)
  return path
}

const sound = 'nodes: { start: { use: data/phantoms, with: { perClass: 4 } } }\n'

/** Paths that never end, lead elsewhere or are no file. */
export const paths: readonly HostileCase[] = [
  pipeline('a pipe as pipeline', 'ERR_MISSING_FILE', pipe),
  pipeline('an endless device as pipeline', 'ERR_MISSING_FILE', () => '/dev/zero'),
  pipeline('a folder as pipeline', 'ERR_MISSING_FILE', folder),
  pipeline('a link to itself as pipeline', 'ERR_MISSING_FILE', (dir) => {
    symlinkSync('loop.yaml', join(dir, 'loop.yaml'))
    return 'loop.yaml'
  }),
  pipeline('a sparse file of 60 GB as pipeline', 'ERR_TOO_LARGE', (dir) => sparse(join(dir, 'sparse.yaml'), 60e9)),
  pipeline('a sparse file of 60 kB as pipeline', 'ERR_YAML_SYNTAX', (dir) => sparse(join(dir, 'sparse.yaml'), 60_000)),
  pipeline('a name of 60,000 letters as pipeline', 'ERR_MISSING_FILE', () => `${'x'.repeat(60_000)}.yaml`),
  pipeline('a pipeline that extends a pipe', 'ERR_MISSING_FILE', (dir) => {
    pipe(dir)
    writeFiles(dir, { 'pipeline.yaml': `extends: pipe\n${sound}` })
    return 'pipeline.yaml'
  }),
  pipeline('a pipeline that extends a device', 'ERR_OUTSIDE_ROOT', (dir) => {
    writeFiles(dir, { 'pipeline.yaml': `extends: /dev/zero\n${sound}` })
    return 'pipeline.yaml'
  }),
  pipeline('a pipeline that extends a link to a device', 'ERR_OUTSIDE_ROOT', (dir) => {
    symlinkSync('/dev/zero', join(dir, 'base.yaml'))
    writeFiles(dir, { 'pipeline.yaml': `extends: base.yaml\n${sound}` })
    return 'pipeline.yaml'
  }),

  content('a pipe as content', 'ERR_BAD_DATA', pipe),
  content('an endless device as content', 'ERR_BAD_DATA', () => '/dev/zero'),
  content('a terminal as content', 'ERR_BAD_DATA', () => '/dev/tty'),
  content('a link to a device as content', 'ERR_BAD_DATA', (dir) => {
    symlinkSync('/dev/urandom', join(dir, 'link'))
    return join(dir, 'link')
  }),
  content('a pipe in a folder', 'ERR_BAD_OPTION', (dir) => {
    pipe(folder(dir), 'healthy/2.png')
    return join(dir, 'scans')
  }),
  content('a link to a device in a folder', 'ERR_BAD_OPTION', (dir) => {
    symlinkSync('/dev/zero', join(folder(dir), 'healthy/2.png'))
    return join(dir, 'scans')
  }),
  content('a link to a pipe in the same folder', 'ERR_BAD_OPTION', (dir) => {
    symlinkSync(pipe(folder(dir), 'healthy/pipe'), join(dir, 'scans/healthy/0.png'))
    return join(dir, 'scans')
  }),
  content('a link to itself in a folder', 'ERR_BAD_OPTION', (dir) => {
    symlinkSync('2.png', join(folder(dir), 'healthy/2.png'))
    return join(dir, 'scans')
  }),
  content('a link to the folder it lies in', 'ERR_BAD_OPTION', (dir) => {
    symlinkSync('..', join(folder(dir), 'healthy/up'))
    return join(dir, 'scans')
  }),
  content('the folder of devices', 'ERR_BAD_OPTION', () => '/dev'),
  content('a zero byte in a path', 'ERR_MISSING_FILE', (dir) => `${dir}/a\0b`),
  content('a path of 60,000 letters', 'ERR_MISSING_FILE', () => 'x/'.repeat(30_000)),
]

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runProgram, type ProgramResult } from './program.js'

/** A user's machine with Node and nothing else: its own empty home, and a PATH without compiler, Python and git. */
export interface Machine {
  readonly home: string
  /** An empty folder in it. */
  folder(name: string): string
  run(cwd: string, command: readonly [string, ...string[]], options?: RunOptions): Promise<ProgramResult>
}

interface RunOptions {
  readonly mayFail?: boolean
  readonly env?: Readonly<Record<string, string>>
}

/** How a machine is made. */
interface MachineOptions {
  /** Its Node; default this one. */
  readonly node?: string
  /** Folders of more programs, as in PATH. */
  readonly path?: string
}

/** Makes a machine below `folder` whose npm is set to a registry. */
export async function makeMachine(
  folder: string,
  registry: string,
  { node = process.execPath, path = '' }: MachineOptions = {},
): Promise<Machine> {
  const home = join(folder, 'home')
  const bin = join(folder, 'bin')
  for (const each of [home, bin]) mkdirSync(each, { recursive: true })
  // npm starts the commands of packages with a shell.
  for (const name of ['npm', 'npx', 'sh']) {
    const { stdout } = await runProgram('which', [name], { cwd: folder })
    symlinkSync(stdout.trim(), join(bin, name))
  }
  symlinkSync(node, join(bin, 'node'))
  writeFileSync(
    join(home, '.npmrc'),
    `registry=${registry}\naudit=false\nfund=false\nupdate-notifier=false\nyes=true\n`,
  )
  const env = {
    HOME: home,
    PATH: [bin, ...path.split(delimiter).filter((each) => each !== '')].join(delimiter),
    ETSEF_ENGINE: 'auto',
  }
  return {
    home,
    folder: (name) => {
      const path = join(folder, name)
      mkdirSync(path, { recursive: true })
      return path
    },
    run: (cwd, [program, ...args], { mayFail = false, env: more = {} } = {}) =>
      runProgram(join(bin, program), args, { cwd, env: { ...env, ...more }, mayFail }),
  }
}

import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { root } from '../support/etsef.js'
import { runProgram } from './program.js'

/** A registry of this test: our packages from their tarballs, everything else from the registry that npm is set to. */
export interface LocalRegistry {
  readonly url: string
  /** Publishes a folder's package, as `npm publish` does. */
  publish(folder: string): Promise<void>
  stop(): Promise<void>
}

/** Whether the registry that npm is set to answers: without it, nothing can be installed. `.ci/run` insists. */
export async function isUpstreamThere(): Promise<boolean> {
  if (process.env['ETSEF_REQUIRE_REGISTRY'] === '1') return true
  try {
    return (await fetch(`${await upstreamRegistry()}-/ping`, { signal: AbortSignal.timeout(10_000) })).status < 500
  } catch {
    return false
  }
}

async function upstreamRegistry(): Promise<string> {
  return (await runProgram('npm', ['config', 'get', 'registry'], { cwd: root })).stdout.trim()
}

/** Starts a registry below `folder` and publishes every package of the workspace to it. */
export async function startRegistry(folder: string): Promise<LocalRegistry> {
  mkdirSync(folder, { recursive: true })
  const port = await freePort()
  const url = `http://localhost:${port}/`
  const upstream = await upstreamRegistry()
  const ours = { access: '$all', publish: '$all', unpublish: '$all' }
  const config = {
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'htpasswd') } },
    uplinks: { upstream: { url: upstream, maxage: '60m', timeout: '60s' } },
    packages: {
      etsef: ours,
      'create-etsef-plugin': ours,
      '@etsef/*': ours,
      'etsef-plugin-*': ours,
      '**': { access: '$all', proxy: 'upstream' },
    },
    max_body_size: '200mb',
    log: { type: 'file', path: join(folder, 'log.txt'), level: 'warn' },
  }
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config))
  const program = join(root, 'node_modules/verdaccio/bin/verdaccio')
  const server = spawn(process.execPath, [program, '--config', join(folder, 'config.yaml'), '--listen', String(port)], {
    stdio: 'ignore',
  })
  const closed = new Promise<void>((resolve) => server.once('close', () => resolve()))
  await answers(url)
  // npm asks for a token; anybody may publish here.
  const npmrc = join(folder, 'npmrc')
  writeFileSync(npmrc, `registry=${url}\n//localhost:${port}/:_authToken=anybody\n`)
  const publish = async (target: string): Promise<void> => {
    const flags = ['--userconfig', npmrc, '--registry', url, '--access', 'public', '--ignore-scripts']
    await runProgram('npm', ['publish', target, ...flags], { cwd: folder })
  }
  const tarballs = join(folder, 'tarballs')
  mkdirSync(tarballs)
  await runProgram('npm', ['pack', '--workspaces', '--ignore-scripts', '--pack-destination', tarballs], { cwd: root })
  for (const name of readdirSync(tarballs)) await publish(join(tarballs, name))
  return {
    url,
    publish,
    stop: () => {
      server.kill()
      return closed
    },
  }
}

async function answers(url: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await fetch(`${url}-/ping`)
      return
    } catch (cause) {
      if (attempt === 300) throw cause
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, 'localhost', () => {
      // A server that listens on a port has an address of this form.
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a plugin and one of its operations are called. */
export interface Names {
  /** Of the npm package: `etsef-plugin-mine`, `@me/mine`. */
  readonly package: string
  /** Namespace of its operations: `mine`. */
  readonly namespace: string
  /** Name of the operation in kebab-case: `top-variance`. */
  readonly operation: string
}

/** Namespace of a package: the last part of its name, camelCase. @throws Error when it gives none. */
export function namespaceOf(packageName: string): string {
  const last = packageName.replace(/^@[^/]*\//, '').replace(/^etsef-plugin-/, '')
  const namespace = camelCase(last)
  if (!/^[a-z][a-zA-Z0-9]*$/.test(namespace))
    throw new Error(`"${packageName}" gives no namespace: begin it with a letter`)
  return namespace
}

/** Names of a further operation in the package of a folder. */
export function namesIn(dir: string, operation: string): Names {
  const { name } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as { name: string }
  return { package: name, namespace: namespaceOf(name), operation }
}

/** `top-variance` → `topVariance`. */
export function camelCase(name: string): string {
  return name.replace(/[-._]+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** Checks the name of an operation. @throws Error when it is not kebab-case. */
export function checkOperationName(name: string): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) throw new Error(`An operation's name is kebab-case, not "${name}"`)
}

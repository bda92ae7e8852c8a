import { pathToFileURL } from 'node:url'
import { asError, problem } from '../errors.js'
import type { InstalledProvider } from './find-plugin-packages.js'

/**
 * The module of a package that offers something beside operations.
 *
 * @throws PipelineError `ERR_PLUGIN` where it cannot be loaded, or has no such method.
 */
export async function importProvider<Provider extends object>(
  { packageName, entry }: InstalledProvider,
  method: keyof Provider & string,
): Promise<Provider> {
  let provider: Provider | undefined
  try {
    provider = ((await import(pathToFileURL(entry).href)) as { readonly default?: Provider }).default
  } catch (cause) {
    throw problem('ERR_PLUGIN', {
      message: `Package "${packageName}" cannot be loaded: ${asError(cause).message}`,
      hint: 'build or install the package again',
      cause,
    })
  }
  if (typeof provider?.[method] === 'function') return provider
  throw problem('ERR_PLUGIN', {
    message: `Package "${packageName}" does not export what its package.json says`,
    expected: `export default { ${method} }`,
  })
}

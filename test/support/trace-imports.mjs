// node --import ./test/support/trace-imports.mjs …: appends the URL of every ES module this process resolves to $ETSEF_TRACE_IMPORTS.
import { register } from 'node:module'

register(
  `data:text/javascript,${encodeURIComponent(`
    import { appendFileSync } from 'node:fs'
    export async function resolve(specifier, context, next) {
      const result = await next(specifier, context)
      appendFileSync(process.env.ETSEF_TRACE_IMPORTS, result.url + '\\n')
      return result
    }`)}`,
)

import { existsSync, statSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'

/** Where the sources are. */
export const repository = 'https://github.com/etsef/etsef'

/**
 * Markdown whose links lead somewhere from the site: a page stays as it is written, any other file of the repository becomes its address on GitHub, and
 * the name of an operation becomes a link to its page. A file that does not exist is a problem.
 */
export function linksForSite(text, { path, known, operations, problems }) {
  const folder = dirname(path)
  let inCode = false
  const lines = text.split('\n').map((line) => {
    if (/^\s*```/.test(line)) inCode = !inCode
    if (inCode || line.startsWith('    ')) return line
    return withOperations(line.replaceAll(/\]\(([^)\s]+)\)/g, (whole, target) => `](${leadTo(target)})`))
  })
  return lines.join('\n')

  function leadTo(target) {
    if (/^(https?:|mailto:|#)/.test(target)) return target
    const [file, anchor] = target.split('#')
    const absolute = resolve(folder, decodeURI(file))
    if (known.has(absolute)) return target
    if (!existsSync(absolute)) {
      problems.push(`${path}: a link to ${target}, which is not there`)
      return target
    }
    const kind = statSync(absolute).isDirectory() ? 'tree' : 'blob'
    return `${repository}/${kind}/main/${relative('.', absolute)}${anchor === undefined ? '' : `#${anchor}`}`
  }

  /** `` `ensemble/pca` `` in a sentence, but for a heading, the text of a link, and the page itself. */
  function withOperations(line) {
    if (line.startsWith('#')) return line
    return line.replaceAll(/(?<![[\w`])`([a-z]+\/[a-z0-9-]+)`(?![\]`])/g, (whole, name) => {
      const page = operations.get(name)
      return page === undefined || page === path ? whole : `[${whole}](${relative(folder, page)})`
    })
  }
}

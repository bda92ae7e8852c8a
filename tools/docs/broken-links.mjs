import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** Links of the site's pages to a file or an anchor of it that is not there, each with its page. Other hosts are not asked. */
export function brokenLinks(site) {
  const files = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.html'))
  const anchors = new Map()
  const anchorsOf = (file) => {
    if (!anchors.has(file))
      anchors.set(
        file,
        new Set([...readFileSync(file, 'utf8').matchAll(/\s(?:id|name)="([^"]*)"/g)].map(([, id]) => id)),
      )
    return anchors.get(file)
  }
  const problems = new Set()
  for (const file of files.map((file) => join(site, file))) {
    const html = readFileSync(file, 'utf8')
    for (const [, written] of html.matchAll(/\s(?:href|src)="([^"]*)"/g)) {
      const target = written.replaceAll('&amp;', '&')
      if (/^(https?:|mailto:|data:)/.test(target)) continue
      const [path, anchor] = target.split('#').map((part) => decodeURIComponent(part))
      const there = path === '' ? file : join(dirname(file), path.split('?')[0])
      if (!existsSync(there) || !statSync(there).isFile())
        problems.add(`${relative(site, file)}: no file for ${target}`)
      else if (anchor && there.endsWith('.html') && !anchorsOf(there).has(anchor))
        problems.add(`${relative(site, file)}: no place for ${target}`)
    }
  }
  return [...problems]
}

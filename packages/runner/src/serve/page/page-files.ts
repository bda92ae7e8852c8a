import { pageHtml } from './page-html.js'
import { pageScript } from './page-script.js'
import { pageStyle } from './page-style.js'

/** Nothing from elsewhere, nothing inline, no frame around it; pictures are what the browser was given, and what the server drew. */
export const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src blob: data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

const paths = { html: '/', script: '/page.js', style: '/page.css' } as const

/** Whether a route is of the page: it tells nothing of the bundle, and is there before a token can be given. */
export function isPage(route: string | undefined): boolean {
  return Object.values<string | undefined>(paths).includes(route)
}

/** The page and what it is made of, by path. */
export function pageFiles(
  needsToken: boolean,
): readonly (readonly [path: string, file: { readonly type: string; readonly content: string }])[] {
  return [
    [paths.html, { type: 'text/html; charset=utf-8', content: pageHtml({ ...paths, needsToken }) }],
    [paths.script, { type: 'text/javascript; charset=utf-8', content: pageScript }],
    [paths.style, { type: 'text/css; charset=utf-8', content: pageStyle }],
  ]
}

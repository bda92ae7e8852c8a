const litter =
  /^(\.DS_Store|\._.*|\.AppleDouble|\.localized|Thumbs\.db|ehthumbs\.db|desktop\.ini|\.directory|\.nfs[0-9a-f]+|\.~lock\..*#|\.#.*|#.*#|\..*\.sw[a-p]|.*~)$/i

/**
 * Whether a name is one that file managers and editors leave behind (`.DS_Store`, `Thumbs.db`, swap and backup files): it comes and goes
 * with looking at a folder, and is part of no content. A source passes these over, too.
 */
export function isLitter(name: string): boolean {
  return litter.test(name)
}

/** Form in which paths are compared: NFC (some file systems store decomposed accents), forward slashes, no leading `./`. */
export function groupKey(path: string): string {
  return path.normalize('NFC').replaceAll('\\', '/').replace(/^\.\//, '')
}

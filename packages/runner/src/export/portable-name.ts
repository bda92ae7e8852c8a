/** A name as part of a path on any system: other characters are `_`. */
export function portableName(name: string): string {
  return name.replaceAll(/[^\w.-]/g, '_')
}

import { groupByName } from '../folder/group-by-name.js'

/** Patterns of file names that name a patient, most telling first. */
const patterns = [
  // 1020_left, P12-OD: two eyes, breasts or knees of one.
  '^(.+?)[ _-](?:left|right|od|os|LEFT|RIGHT|Left|Right|OD|OS)$',
  // patient12_3, sub-007_slice_4, case 5 (2)
  '^((?:[Pp]atient|PATIENT|[Ss]ub(?:ject)?|[Cc]ase|[Pp]at|TCGA)[ _-]?[0-9A-Za-z]*\\d)(?=[^0-9A-Za-z]|$)',
]

/** Share of the names that a pattern has to fit. */
const mostNames = 0.9

/** A pattern by which file names tell whose they are, and how many patients that makes; undefined where none is seen. */
export function guessPatients(
  paths: readonly string[],
): { readonly pattern: string; readonly count: number } | undefined {
  for (const pattern of patterns) {
    const groupOf = groupByName({ groupPattern: pattern })
    const groups = paths.map(groupOf)
    const fitting = groups.filter((group) => group !== undefined)
    const count = new Set(fitting).size + paths.length - fitting.length
    if (fitting.length >= mostNames * paths.length && count < paths.length) return { pattern, count }
  }
  return undefined
}

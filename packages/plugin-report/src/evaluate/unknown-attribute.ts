import { nearestName } from '@etsef/plugin-api/semantics'

/** What is said of a subgroup that rows have no attribute for, while planning where a source tells its attributes, else when rows are there. */
export function unknownAttribute(
  attribute: string,
  known: readonly string[],
): { readonly message: string; readonly expected: string; readonly received: string; readonly hint: string } {
  const near = nearestName(attribute, known)
  return {
    message: `The rows have no attribute "${attribute}"`,
    expected: known.length > 0 ? [...known].sort().join(', ') : 'rows with attributes',
    received: attribute,
    hint:
      known.length === 0
        ? 'attributes are columns of a table: take the images from data/table and name the columns under attributes'
        : near === undefined
          ? 'name one of these'
          : `did you mean "${near}"?`,
  }
}

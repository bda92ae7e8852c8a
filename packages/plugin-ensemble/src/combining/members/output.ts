import type { SeedlessContext } from '@etsef/plugin-api'

/** Records a figure of each member, e.g. its weight. */
export function recordMembers(
  ctx: SeedlessContext,
  figure: string,
  members: readonly { readonly name: string }[],
  values: ArrayLike<number>,
): void {
  members.forEach(({ name }, m) => ctx.metric(`${figure}.${name}`, values[m]!))
}

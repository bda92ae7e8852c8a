export async function run({ ctx }) {
  return { report: { kind: 'report', dir: ctx.outputDir('report'), metrics: { threads: ctx.threads } } }
}

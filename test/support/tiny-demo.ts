/** `pipelines/demo.yaml` with little data and few epochs: the same graph in well under a minute. */
export const tinyDemo = [
  ...['vars.size=32', 'vars.perClass=24', 'vars.components=6', 'intermediate.perClass=18'],
  ...['tlSource.epochs=1', 'sslSource.epochs=1', 'tl.epochs=1', 'ssl.epochs=1', 'xgb.rounds=5'],
].flatMap((override) => ['--set', override])

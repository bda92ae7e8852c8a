/** What `etsef --help` prints. */
export const helpText = `etsef <verb> [file] [flags]

  validate FILE        every problem of the pipeline, with file, line and column
  plan FILE            what a run would do with each node, and why
  run FILE             computes what is not cached; every run is a resume
  resolve FILE         the pipeline with extends, variables and overrides resolved (--annotate: where each value comes from)
  graph FILE           the graph as mermaid, dot or svg (--format)
  explain FILE NODE    the first thing in which a node's key differs from the last run
  schema               JSON Schema of pipelines for editors, of all installed operations
  plugins [list|info NAME]
  runs [RUN]           past runs, or the record of one
  replay RUN           runs a recorded pipeline (or the run.json of another machine) again and compares every artifact
  cache du|gc|verify   size of the store; collects what old runs used; checks every byte
  doctor               what this machine has, and what is missing
  engine install       gets the best tensor engine this machine can have
  weights list|pull NAME|verify [NAME or FILE]   published weights (--dir DIR)

  --set PATH=VALUE     vars.data=…, node.option=…, node.use=…, node.in.port=…, seed=…; repeatable
  --profile NAME       lays a profile of the file over it
  --seed N             --engine NAME
  --to NODES           only these nodes and what they need
  --from NODES         computes these and everything downstream again
  --only NODES         only these; their inputs must be cached
  -j, --jobs N         stages at a time (default: CPUs)       --gpus N
  --memory MB          bound on what stages need together (default: the machine's); 6g is 6 GB
  --on-error stop|continue   --retries N   --timeout SECONDS
  --store DIR          default: .etsef beside package.json, or ETSEF_STORE
  -o, --out DIR        copies reports there; of graph, resolve and schema: the file to write
  --paranoid           reads every byte again, whatever was remembered
  --json               one JSON object on stdout      --log json: events, a line each
  -q, --quiet

exit codes: 0 ok, 1 a node failed, 2 the pipeline or command line is invalid, 130 interrupted`

/** The demo with fewer images and epochs: the same graph to the same table. */
export const small = ['vars.perClass=24', 'intermediate.with.perClass=12', 'tlSource.with.epochs=1', 'sslSource.with.epochs=1', 'tl.with.epochs=1', 'ssl.with.epochs=1', 'vars.components=6'] // prettier-ignore

import { map } from 'rxjs'

export async function run({ options: { copyTest }, inputs }) {
  return {
    images: inputs.images.pipe(
      map((batch) => {
        const copied = batch.ids.flatMap((_, i) => (batch.partitions[i] === 'train' || copyTest ? [i] : []))
        const pick = (values) => [...values, ...copied.map((i) => values[i])]
        return {
          kind: 'images',
          ids: [...batch.ids, ...copied.map((i) => `${batch.ids[i]}+`)],
          uris: pick(batch.uris),
          parentIds: [...batch.ids, ...copied.map((i) => batch.ids[i])],
          parameters: [...batch.ids.map(() => null), ...copied.map(() => ({ isCopy: true }))],
          sourceIds: [],
          labels: new Int32Array(0),
          groups: [],
          partitions: [],
          classNames: batch.classNames,
        }
      }),
    ),
  }
}

export async function loadPixels({ parameters, upstream, options: { shift } }) {
  const image = await upstream()
  return parameters === null ? image : { ...image, data: image.data.map((value) => value + shift) }
}

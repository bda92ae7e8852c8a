export async function open() {
  return { apply: async (batch) => ({ images: { ...batch, parameters: batch.ids.map((id) => ({ id })) } }) }
}

export async function loadPixels({ upstream, options: { by }, parameters, row }) {
  if (parameters.id !== row.id) throw new Error(`parameters of ${parameters.id} given for ${row.id}`)
  const image = await upstream()
  return { ...image, data: image.data.map((value) => value + by) }
}

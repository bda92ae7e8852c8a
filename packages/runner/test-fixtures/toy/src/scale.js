export async function open({ options: { factor, delayMs } }) {
  return {
    async apply(batch) {
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
      return { features: { ...batch, features: batch.features.map((value) => value * factor) } }
    },
  }
}

import { concat } from 'rxjs'

export async function run({ inputs }) {
  return { images: concat(...inputs.images.map(({ value }) => value)) }
}

/** Which implementation's details (padding, epsilon, strides of the blocks) a network follows; `timm` where it differs from torchvision. */
export type Variant = 'keras' | 'torch' | 'timm'

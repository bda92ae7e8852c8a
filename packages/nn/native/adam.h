// One step of Adam.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "crew.h"
#include "tensorflow.h"

namespace {

struct AdamAttributes {
  int32_t count = 0;
};

void* createAdam(TF_OpKernelConstruction* construction) {
  auto* attributes = new AdamAttributes;
  Reader{construction}.integer("count", &attributes->count);
  return attributes;
}

// A variable's step; `settings` are [rate, beta1, beta2, epsilon].
struct AdamUpdate {
  const float *variable, *gradient, *settings;
  float *m, *v, *to;
  int64_t size;

  void apply(int64_t first, int64_t end) const {
    const float rate = settings[0], epsilon = settings[3], addedM = 1.0f - settings[1], addedV = 1.0f - settings[2];
    const float* __restrict w = variable;
    const float* __restrict g = gradient;
    float* __restrict mean = m;
    float* __restrict square = v;
    float* __restrict out = to;
    for (int64_t i = first; i < end; i++) {
      mean[i] += (g[i] - mean[i]) * addedM;
      square[i] += (g[i] * g[i] - square[i]) * addedV;
      out[i] = w[i] - rate * mean[i] / (std::sqrt(square[i]) + epsilon);
    }
  }
};

// count variables, as many m, v and gradients, settings [count, 4] -> count new variables. The moments are changed where they are:
// nobody else may hold them. Keras' form: w -= rate * m / (sqrt(v) + epsilon), with the bias correction inside the rate.
void computeAdam(void* state, TF_OpKernelContext* context) {
  const int count = static_cast<AdamAttributes*>(state)->count;
  Call call(context);
  const TF_Tensor* settings = call.input(4 * count);
  if (!call.require(settings && sizeOf(settings) == 4 * count, "there must be four settings for each variable")) return;
  std::vector<AdamUpdate> updates;
  int64_t total = 0;
  for (int i = 0; i < count; i++) {
    const TF_Tensor *variable = call.input(i), *gradient = call.input(3 * count + i);
    TF_Tensor *m = call.input(count + i), *v = call.input(2 * count + i);
    if (!call.require(variable && m && v && gradient, "an input is missing")) return;
    const int64_t size = sizeOf(variable);
    const bool fits = sizeOf(m) == size && sizeOf(v) == size && sizeOf(gradient) == size;
    if (!call.require(fits, "shapes do not fit")) return;
    float* to = call.output(i, shapeOf(variable));
    if (!call.require(to, "no memory for an output")) return;
    updates.push_back({floats(variable), floats(gradient), floats(settings) + 4 * i, static_cast<float*>(TF_TensorData(m)),
                       static_cast<float*>(TF_TensorData(v)), to, size});
    total += size;
  }
  // The variables as one row of numbers, of which each part takes its share.
  shareRange(total, partsOf(total), [&](int64_t first, int64_t end) {
    int64_t start = 0;
    for (const AdamUpdate& update : updates) {
      if (start < end && start + update.size > first)
        update.apply(std::max<int64_t>(0, first - start), std::min(update.size, end - start));
      start += update.size;
    }
  });
}

}  // namespace

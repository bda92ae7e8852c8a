// One step of Adam.
#pragma once
#include <cmath>
#include <cstdint>

#include "crew.h"
#include "tensorflow.h"

namespace {

// variable, m, v, gradient, [rate, beta1, beta2, epsilon] -> new variable. The moments are changed where they are: nobody else may
// hold them. Keras' form: w -= rate * m / (sqrt(v) + epsilon), with the bias correction inside the rate.
void computeAdam(void*, TF_OpKernelContext* context) {
  Call call(context);
  const TF_Tensor *variable = call.input(0), *m = call.input(1), *v = call.input(2), *gradient = call.input(3),
                  *settings = call.input(4);
  if (!call.require(variable && m && v && gradient && settings, "an input is missing")) return;
  const int64_t size = sizeOf(variable);
  if (!call.require(sizeOf(m) == size && sizeOf(v) == size && sizeOf(gradient) == size && sizeOf(settings) == 4,
                    "shapes do not fit"))
    return;
  float* out = call.output(0, shapeOf(variable));
  if (!call.require(out, "no memory for an output")) return;
  const float rate = floats(settings)[0], keptM = floats(settings)[1], keptV = floats(settings)[2], epsilon = floats(settings)[3];
  const float addedM = 1.0f - keptM, addedV = 1.0f - keptV;
  shareRange(size, partsOf(size), [&](int64_t first, int64_t end) {
    const float* __restrict w = floats(variable);
    const float* __restrict g = floats(gradient);
    float* __restrict mean = const_cast<float*>(floats(m));
    float* __restrict square = const_cast<float*>(floats(v));
    float* __restrict to = out;
    for (int64_t i = first; i < end; i++) {
      mean[i] += (g[i] - mean[i]) * addedM;
      square[i] += (g[i] * g[i] - square[i]) * addedV;
      to[i] = w[i] - rate * mean[i] / (std::sqrt(square[i]) + epsilon);
    }
  });
}

}  // namespace

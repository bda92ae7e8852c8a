// An operation of TensorFlow's own, run from within a kernel, on the thread that asks for it.
#pragma once
#include <cstdint>
#include <cstring>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "tensorflow.h"

namespace {

// One result of one operation: `Conv2D` and its kin. Errors are kept until `error` is asked for; inputs stay the caller's.
class InnerOperation {
 public:
  explicit InnerOperation(const char* name) : key_(name), status_(TF_NewStatus()) {
    if (context() == nullptr) TF_SetStatus(status_, kInvalidArgument, "TensorFlow gives no second context");
    else operation_ = TFE_NewOp(context(), name, status_);
  }
  InnerOperation(const InnerOperation&) = delete;
  InnerOperation& operator=(const InnerOperation&) = delete;
  ~InnerOperation() {
    for (TFE_TensorHandle* handle : handles_) TFE_DeleteTensorHandle(handle);
    for (TF_Tensor* tensor : tensors_) TF_DeleteTensor(tensor);
    if (operation_ != nullptr) TFE_DeleteOp(operation_);
    TF_DeleteStatus(status_);
  }

  void attribute(const char* name, const std::vector<int64_t>& values) {
    extendKey(values);
    if (isFine()) TFE_OpSetAttrIntList(operation_, name, values.data(), static_cast<int>(values.size()));
  }
  void attribute(const char* name, const char* value) {
    key_ += value;
    if (isFine()) TFE_OpSetAttrString(operation_, name, value, std::strlen(value));
  }
  void input(const TF_Tensor* tensor) {
    extendKey(shapeOf(tensor));
    if (!isFine()) return;
    TFE_TensorHandle* handle = TFE_NewTensorHandle(tensor, status_);
    if (handle != nullptr) handles_.push_back(handle);
    if (isFine()) TFE_OpAddInput(operation_, handle, status_);
  }
  // A shape as an int32 vector.
  void inputShape(const std::vector<int64_t>& shape) {
    const int64_t length = static_cast<int64_t>(shape.size());
    TF_Tensor* tensor = TF_AllocateTensor(kInt32, &length, 1, shape.size() * sizeof(int32_t));
    auto* values = static_cast<int32_t*>(TF_TensorData(tensor));
    for (size_t i = 0; i < shape.size(); i++) values[i] = static_cast<int32_t>(shape[i]);
    extendKey(shape);
    tensors_.push_back(tensor);
    input(tensor);
  }
  // The result, which lives as long as this object; null after an error.
  TF_Tensor* run() {
    TFE_TensorHandle* handle = nullptr;
    int count = 1;
    if (isFine()) execute(&handle, &count);
    if (handle != nullptr) handles_.push_back(handle);
    TF_Tensor* result = isFine() ? TFE_TensorHandleResolve(handle, status_) : nullptr;
    if (result != nullptr) tensors_.push_back(result);
    return isFine() ? result : nullptr;
  }
  // Empty where all went well.
  std::string error() const { return isFine() ? "" : TF_Message(status_); }

 private:
  bool isFine() const { return TF_GetCode(status_) == 0; }

  void extendKey(const std::vector<int64_t>& values) {
    for (int64_t value : values) (key_ += ',') += std::to_string(value);
    key_ += ';';
  }

  // The first time that a thread runs an operation on such shapes oneDNN chooses a kernel for it, and keeps it. Two threads that choose
  // at once disturb each other: the choice, and with it the order of sums, then differs from run to run. So who chooses is alone.
  void execute(TFE_TensorHandle** handle, int* count) {
    static std::shared_mutex choice;
    static thread_local std::unordered_set<std::string> chosen;
    if (chosen.insert(key_).second) {
      std::unique_lock<std::shared_mutex> alone(choice);
      TFE_Execute(operation_, handle, count, status_);
    } else {
      std::shared_lock<std::shared_mutex> beside(choice);
      TFE_Execute(operation_, handle, count, status_);
    }
  }

  // Shared by all; TensorFlow lets many threads execute in one context.
  static TFE_Context* context() {
    static TFE_Context* shared = [] {
      TF_Status* status = TF_NewStatus();
      TFE_ContextOptions* options = TFE_NewContextOptions();
      TFE_Context* made = TFE_NewContext(options, status);
      TFE_DeleteContextOptions(options);
      TF_DeleteStatus(status);
      return made;
    }();
    return shared;
  }

  std::string key_;  // name, attributes and shapes
  TF_Status* status_;
  TFE_Op* operation_ = nullptr;
  std::vector<TFE_TensorHandle*> handles_;
  std::vector<TF_Tensor*> tensors_;
};

// Consecutive pictures of a batch, as a tensor that shares its memory; the caller deletes it, and keeps the batch until then.
inline TF_Tensor* picturesOf(const TF_Tensor* batch, int64_t first, int64_t end) {
  std::vector<int64_t> shape = shapeOf(batch);
  const int64_t size = sizeOf(batch) / shape[0];
  shape[0] = end - first;
  const auto keep = [](void*, size_t, void*) {};
  return TF_NewTensor(kFloat, shape.data(), static_cast<int>(shape.size()), const_cast<float*>(floats(batch)) + first * size,
                      static_cast<size_t>((end - first) * size) * sizeof(float), keep, nullptr);
}

}  // namespace

from torch.utils.cpp_extension import load

kernel = load(name="kernel", sources=["kernel.cpp"])
print(kernel.forward())

import torch

model = torch.compile(torch.nn.Linear(24, 1))
print(model(torch.zeros(24)))

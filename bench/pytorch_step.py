"""The baseline: the same training step in PyTorch. Usage: pytorch_step.py <edge> <steps> <threads> [cpu|cuda]. Prints JSON."""
import json
import resource
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional

edge, steps, threads = (int(word) for word in sys.argv[1:4])
device = sys.argv[4] if len(sys.argv) > 4 else "cpu"
torch.set_num_threads(threads)
torch.manual_seed(1)


def block(inputs, outputs):
    return nn.Sequential(nn.Conv3d(inputs, outputs, 3, padding=1), nn.LeakyReLU(0.2))


class VoxelMorph(nn.Module):
    """Encoder 16, 32, 32, 32; decoder 32, 32, 32, 32; then 32, 16, 16 at full resolution; flow of 3."""

    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList([block(2, 16), block(16, 32), block(32, 32), block(32, 32)])
        self.up = nn.ModuleList([block(32, 32), block(64, 32), block(64, 32), block(64, 32)])
        self.full = nn.Sequential(block(48, 32), block(32, 16), block(16, 16))
        self.flow = nn.Conv3d(16, 3, 3, padding=1)
        nn.init.normal_(self.flow.weight, std=1e-5)

    def forward(self, moving, fixed):
        x = torch.cat([moving, fixed], 1)
        skips = []
        for layer in self.down:
            x = layer(x)
            skips.append(x)
            x = functional.max_pool3d(x, 2)
        for layer in self.up:
            x = functional.interpolate(layer(x), scale_factor=2, mode="nearest")
            x = torch.cat([x, skips.pop()], 1)
        return self.flow(self.full(x))


network = VoxelMorph().to(device)
assert sum(p.numel() for p in network.parameters()) == 327331
optimiser = torch.optim.Adam(network.parameters(), 1e-3)
moving = torch.rand(1, 1, edge, edge, edge, device=device)
fixed = torch.rand(1, 1, edge, edge, edge, device=device)
identity = torch.stack(torch.meshgrid(*[torch.arange(edge, dtype=torch.float32, device=device)] * 3, indexing="ij"))[None]


def warp(volume, displacement):
    place = 2 * (identity + displacement) / (edge - 1) - 1
    place = place.permute(0, 2, 3, 4, 1).flip(-1)
    return functional.grid_sample(volume, place, align_corners=True, padding_mode="border")


times = []
for _ in range(steps):
    started = time.perf_counter()
    displacement = network(moving, fixed)
    loss = ((warp(moving, displacement) - fixed) ** 2).mean()
    loss = loss + 0.01 / 3 * sum(displacement.diff(dim=axis).square().mean() for axis in (2, 3, 4))
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    if device == "cuda":
        torch.cuda.synchronize()
    times.append(1e3 * (time.perf_counter() - started))
print(json.dumps({
    "milliseconds": statistics.median(times[1:]),
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    **({"cardMegabytes": torch.cuda.max_memory_reserved() / 1e6} if device == "cuda" else {}),
}))

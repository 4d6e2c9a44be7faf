"""The baseline: a loss's value and gradient in PyTorch on the CPU. Usage: pytorch_losses.py <pswd|swd> <edge> <repetitions> <directions> <threads>. Prints JSON."""
import json
import math
import resource
import statistics
import sys
import time

import torch
from torch.nn import functional

name = sys.argv[1]
edge, repetitions, count, threads = (int(word) for word in sys.argv[2:6])
torch.set_num_threads(threads)
torch.manual_seed(1)


def grid(*sizes):
    """Coordinates in [-1, 1] of a grid's nodes, [nodes, axes]."""
    return torch.cartesian_prod(*[torch.linspace(-1, 1, size) for size in sizes])


def mass_of_patches(volume, kernels, size, stride):
    mass = functional.softplus(volume)
    total = functional.conv3d(mass, torch.ones(1, 1, size, size, size), stride=stride)
    return functional.conv3d(mass, kernels, stride=stride) / total


def pswd(moved, fixed, directions, size=11, stride=5, bins=16):
    """W1 of patches as masses: distribution functions in bins as one strided convolution."""
    step = 2 * math.sqrt(3) / (bins - 1)
    place = (grid(size, size, size) @ directions.T + math.sqrt(3)) / step
    counted = (torch.arange(1, bins)[:, None, None] - place).clamp(0, 1)
    kernels = counted.permute(2, 0, 1).reshape(-1, 1, size, size, size)
    difference = mass_of_patches(moved, kernels, size, stride) - mass_of_patches(fixed, kernels, size, stride)
    return difference.abs().sum(1).mean() * step / len(directions)


def swd(moved, fixed, directions, weight=60):
    """Squared W2 of scan lines as points."""
    where = weight * grid(edge, edge)

    def ranked(volume):
        points = torch.cat([volume.reshape(edge, edge * edge).T, where], 1)
        return (points @ directions.T).sort(0).values

    return (ranked(moved) - ranked(fixed)).square().mean()


loss, dimensions = {"pswd": (pswd, 3), "swd": (swd, edge + 2)}[name]
moved = torch.randn(1, 1, edge, edge, edge, requires_grad=True)
fixed = torch.randn(1, 1, edge, edge, edge)
times = []
for _ in range(repetitions):
    directions = functional.normalize(torch.randn(count, dimensions), dim=1)
    started = time.perf_counter()
    moved.grad = None
    loss(moved, fixed, directions).backward()
    times.append(1e3 * (time.perf_counter() - started))
print(json.dumps({
    "milliseconds": statistics.median(times[1:]),
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
}))

#!/usr/bin/env python3
"""Speed of the language model of `rnn bench` in PyTorch, on this machine's CPU.

One-hot symbols, layers of nn.RNN, nn.LSTM or nn.GRU, a linear output, cross-entropy, truncated backpropagation through time
with states that are carried on, Adam, and the gradient's norm clipped. The symbols are random, because speed does not depend
on them. Sampling draws one symbol after the other, of one text.

Prints one JSON object:

  {"framework": "torch 2.13.0", "task": "train", "threads": 1, "charsPerSecond": ...}

Install: `pip install torch==2.13.0`.
"""
import argparse
import contextlib
import json
import time

import torch
import torch.nn.functional as F
from torch import nn

WARM_UP = 3


class CharLM(nn.Module):
    def __init__(self, cell, layers, hidden, symbols):
        super().__init__()
        kind = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell]
        self.symbols = symbols
        self.layers = kind(symbols, hidden, layers)
        self.output = nn.Linear(hidden, symbols)

    def forward(self, ids, state):
        hidden, state = self.layers(F.one_hot(ids, self.symbols).float(), state)
        return self.output(hidden), state


def detached(state):
    return tuple(each.detach() for each in state) if isinstance(state, tuple) else state.detach()


def training(model, args):
    """A function that does one update and returns the number of its characters."""
    ids = torch.randint(args.symbols, (args.bptt + 1, args.batch))
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    state = None

    def update():
        nonlocal state
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16) if args.bfloat16 else contextlib.nullcontext():
            logits, state = model(ids[:-1], state)
            loss = F.cross_entropy(logits.flatten(0, 1), ids[1:].flatten())
        state = detached(state)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        return args.bptt * args.batch

    return update


def sampling(model, args):
    """A function that draws one symbol and returns 1."""
    model.eval()
    state, ids = None, torch.zeros(1, 1, dtype=torch.long)

    @torch.no_grad()
    def draw():
        nonlocal state, ids
        logits, state = model(ids, state)
        ids = torch.multinomial(torch.softmax(logits[0, 0], 0), 1).view(1, 1)
        return 1

    return draw


def speed(run, seconds):
    for _ in range(WARM_UP):
        run()
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        count += run()
    return count / (time.perf_counter() - begun)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", choices=["train", "sample"], default="train")
    parser.add_argument("--cell", choices=["rnn", "lstm", "gru"], default="lstm")
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--bptt", type=int, default=50)
    parser.add_argument("--symbols", type=int, default=65)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--bfloat16", action="store_true", help="mixed precision: torch.autocast")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    model = CharLM(args.cell, args.layers, args.hidden, args.symbols)
    run = (training if args.task == "train" else sampling)(model, args)
    figures = {"task": args.task, "threads": args.threads, "charsPerSecond": speed(run, args.seconds)}
    print(json.dumps({"framework": f"torch {torch.__version__}", **figures}))


main()

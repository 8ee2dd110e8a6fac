#!/usr/bin/env python3
"""What PyTorch's nn.LSTM learns from a text in some seconds of one processor core.

A character-level language model as tutorials build it: an embedding, two layers of nn.LSTM, a linear output, windows of 50
steps of 50 places in the text whose states are carried on, Adam with one rate, and the gradient's norm clipped at 1. The
last 5 % of the text are held out. Only the time of training counts; the model is measured eight times, and its best loss is
taken.

Prints one JSON object, with the loss in nats a character:

  {"framework": "torch 2.13.0", "rate": 0.002, "steps": 1234, "seconds": 60.0, "loss": 1.5}

Install: `pip install torch==2.13.0`.
"""
import argparse
import json
import time

import torch
import torch.nn.functional as F
from torch import nn

BATCH = 50
STEPS = 50
MEASUREMENTS = 8


class CharLM(nn.Module):
    def __init__(self, symbols, hidden, layers):
        super().__init__()
        self.embedding = nn.Embedding(symbols, hidden)
        self.lstm = nn.LSTM(hidden, hidden, layers)
        self.output = nn.Linear(hidden, symbols)

    def forward(self, ids, state):
        hidden, state = self.lstm(self.embedding(ids), state)
        return self.output(hidden), state


def loss_of(model, ids, state):
    logits, state = model(ids[:-1], state)
    return F.cross_entropy(logits.flatten(0, 1), ids[1:].flatten()), tuple(s.detach() for s in state)


@torch.no_grad()
def measure(model, part):
    """The mean loss of the part, read from its start to its end."""
    total, state = 0.0, None
    for start in range(0, len(part) - 1, 500):
        ids = part[start : start + 501].unsqueeze(1)
        loss, state = loss_of(model, ids, state)
        total += loss.item() * (len(ids) - 1)
    return total / (len(part) - 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("text")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--hidden", type=int, default=128)
    args = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(1)
    with open(args.text, encoding="utf-8", newline="") as file:
        text = file.read()
    places = {symbol: place for place, symbol in enumerate(sorted(set(text)))}
    ids = torch.tensor([places[symbol] for symbol in text])
    held_out = len(ids) // 20
    training, validation = ids[:-held_out], ids[-held_out:]
    length = len(training) // BATCH
    columns = training[: BATCH * length].view(BATCH, length).t()

    model = CharLM(len(places), args.hidden, args.layers)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.rate)
    best, taken, steps, at, state = float("inf"), 0.0, 0, 0, None
    for measured in range(1, MEASUREMENTS + 1):
        while taken < args.seconds * measured / MEASUREMENTS:
            begun = time.process_time()
            if at + STEPS >= length:
                at, state = 0, None
            optimizer.zero_grad()
            loss, state = loss_of(model, columns[at : at + STEPS + 1], state)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1)
            optimizer.step()
            at += STEPS
            steps += 1
            taken += time.process_time() - begun
        best = min(best, measure(model, validation))
    print(json.dumps({"framework": f"torch {torch.__version__}", "rate": args.rate, "steps": steps, "seconds": taken, "loss": best}))


main()

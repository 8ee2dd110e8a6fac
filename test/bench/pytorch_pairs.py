#!/usr/bin/env python3
"""Speed of the transducer of `rnn bench --task transduce` in PyTorch, on this machine's CPU.

An encoder in both directions (nn.LSTM or nn.GRU), a decoder with teacher forcing, dot attention (Luong et al. 2015),
Adam, the gradient's norm clipped. Batches are padded to their longest pair; the pairs are sorted by length, so that
little is padded. Pair number i of 1,000 has 5 + 7i mod 16 source symbols and 5 + 11i mod 16 target symbols, as in
src/training/benchmark-pairs.ts; the symbols are random, because speed does not depend on them.

Prints one JSON object a figure:

  {"framework": "torch 2.13.0", "task": "transduce", "part": "training", "threads": 1, "symbolsPerSecond": ...}
  {"task": "transduce", "part": "greedy", "threads": 1, "together": 1, "sources": 1000, "seconds": ...}
  {"task": "transduce", "part": "beam", "threads": 1, "together": 100, "sources": 1000, "seconds": ...}

Training counts target symbols, `<stop>` included. Decoding is 20 symbols for each of 1,000 sources: greedily, and by
beam search with 5 hypotheses; `together` sources are decoded side by side. One by one, every tenth source is decoded,
and the time is multiplied by ten. Install: `pip install torch==2.13.0`.
"""
import argparse
import json
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

PAIRS = 1000
DECODED = 20
BEAM = 5
START = 0


class Transducer(nn.Module):
    def __init__(self, cell, layers, hidden, symbols):
        super().__init__()
        kind = {"lstm": nn.LSTM, "gru": nn.GRU}[cell]
        self.source_embedding = nn.Embedding(symbols, hidden)
        self.target_embedding = nn.Embedding(symbols, hidden)
        self.encoder = kind(hidden, hidden, layers, bidirectional=True)
        self.decoder = kind(hidden, hidden, layers)
        states = 2 if cell == "lstm" else 1
        self.starts = nn.ModuleList(
            nn.ModuleList(nn.Linear(2 * hidden, hidden) for _ in range(layers)) for _ in range(states)
        )
        self.keys = nn.Linear(2 * hidden, hidden, bias=False)
        self.attended = nn.Linear(3 * hidden, hidden)
        self.output = nn.Linear(hidden, symbols)
        self.layers = layers

    def encode(self, source):
        """source [S, B] → memory [B, S, 2H], keys [B, H, S], first state of the decoder."""
        memory, last = self.encoder(self.source_embedding(source))
        last = last if isinstance(last, tuple) else (last,)
        first = []
        for state, (dense, values) in enumerate(zip(self.starts, last)):
            sides = values.view(self.layers, 2, source.shape[1], -1)
            joined = [each(torch.cat((sides[layer, 0], sides[layer, 1]), 1)) for layer, each in enumerate(dense)]
            first.append(torch.stack([torch.tanh(h) if state == 0 else h for h in joined]))
        memory = memory.transpose(0, 1)
        return memory, self.keys(memory).transpose(1, 2), tuple(first) if len(first) > 1 else first[0]

    def decode(self, read, state, memory, keys, blocked):
        """read [T, B] → logits [B, T, V], the state after the last step. `blocked` [B, 1, S] is true behind a source."""
        hidden, state = self.decoder(self.target_embedding(read), state)
        queries = hidden.transpose(0, 1)
        scores = torch.bmm(queries, keys).masked_fill(blocked, float("-inf"))
        context = torch.bmm(torch.softmax(scores, 2), memory)
        return self.output(torch.tanh(self.attended(torch.cat((context, queries), 2)))), state


def pair_lengths():
    return [(5 + 7 * i % 16, 5 + 11 * i % 16) for i in range(PAIRS)]


def padded(lengths, symbols):
    """A batch as (source [S, B], blocked [B, 1, S], read [T, B], targets [B, T]); −100 is not counted."""
    longest_source = max(source for source, _ in lengths)
    longest_target = max(target for _, target in lengths) + 1
    source = torch.randint(0, symbols, (longest_source, len(lengths)))
    blocked = torch.arange(longest_source)[None, :] >= torch.tensor([n for n, _ in lengths])[:, None]
    targets = torch.randint(1, symbols, (len(lengths), longest_target))
    for row, (_, target) in enumerate(lengths):
        targets[row, target] = START
        targets[row, target + 1:] = -100
    read = torch.cat((torch.full((1, len(lengths)), START), targets[:, :-1].clamp(min=0).T), 0)
    return source, blocked[:, None, :], read, targets


def measure_training(model, a):
    lengths = sorted(pair_lengths())
    batches = [padded(lengths[at:at + a.batch], a.symbols) for at in range(0, PAIRS, a.batch)]
    counted = sum(target + 1 for _, target in lengths)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)

    def epoch():
        for source, blocked, read, targets in batches:
            memory, keys, state = model.encode(source)
            logits, _ = model.decode(read, state, memory, keys, blocked)
            loss = F.cross_entropy(logits.reshape(-1, a.symbols), targets.reshape(-1), ignore_index=-100)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()

    return {"part": "training", "symbolsPerSecond": counted / median_seconds(epoch, a.seconds)}


def groups_of_sources(a, together):
    """Sources to decode, `together` at a time, and by what their time is to be multiplied."""
    share = 10 if together == 1 else 1
    lengths = sorted(pair_lengths())[::share]
    return [padded(lengths[at:at + together], a.symbols)[:2] for at in range(0, len(lengths), together)], share


@torch.no_grad()
def decode_greedily(model, groups):
    for source, blocked in groups:
        memory, keys, state = model.encode(source)
        read = torch.full((1, source.shape[1]), START)
        for _ in range(DECODED):
            logits, state = model.decode(read, state, memory, keys, blocked)
            read = logits[:, 0].argmax(1)[None, :]


@torch.no_grad()
def decode_by_beams(model, groups, symbols):
    for source, blocked in groups:
        count = source.shape[1]
        memory, keys, state = model.encode(source)
        memory, keys, blocked = (each.repeat_interleave(BEAM, 0) for each in (memory, keys, blocked))
        widen = lambda state: state.repeat_interleave(BEAM, 1)
        state = tuple(map(widen, state)) if isinstance(state, tuple) else widen(state)
        scores = torch.full((count, BEAM), float("-inf"))
        scores[:, 0] = 0
        read = torch.full((1, count * BEAM), START)
        texts = torch.zeros(count, BEAM, 0, dtype=torch.long)
        for _ in range(DECODED):
            logits, state = model.decode(read, state, memory, keys, blocked)
            sums = scores[:, :, None] + torch.log_softmax(logits[:, 0], 1).view(count, BEAM, symbols)
            scores, chosen = sums.view(count, -1).topk(BEAM, 1)
            parents, symbol = chosen // symbols, chosen % symbols
            rows = (parents + BEAM * torch.arange(count)[:, None]).view(-1)
            move = lambda state: state.index_select(1, rows)
            state = tuple(map(move, state)) if isinstance(state, tuple) else move(state)
            texts = torch.cat((texts.gather(1, parents[:, :, None].expand_as(texts)), symbol[:, :, None]), 2)
            read = symbol.view(1, -1)


def median_seconds(run, seconds):
    """The median time of a run, over as many runs as there is time for: three at least, after one that is not counted."""
    run()
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--cell", choices=["lstm", "gru"], default="lstm")
    p.add_argument("--layers", type=int, default=2)
    p.add_argument("--hidden", type=int, default=128)
    p.add_argument("--batch", type=int, default=50)
    p.add_argument("--symbols", type=int, default=65)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--together", type=int, nargs="+", default=[1, 100], help="sources that are decoded side by side")
    p.add_argument("--parts", nargs="+", default=["training", "greedy", "beam"])
    p.add_argument("--seconds", type=float, default=4)
    a = p.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(a.threads)
    model = Transducer(a.cell, a.layers, a.hidden, a.symbols)
    facts = dict(framework=f"torch {torch.__version__}", task="transduce", cell=a.cell, layers=a.layers, hidden=a.hidden,
                 symbols=a.symbols, batch=a.batch, threads=a.threads)
    if "training" in a.parts:
        print(json.dumps({**facts, **measure_training(model, a)}), flush=True)
    model.eval()
    for part in [part for part in ("greedy", "beam") if part in a.parts]:
        for together in a.together:
            groups, share = groups_of_sources(a, together)
            run = (lambda: decode_greedily(model, groups)) if part == "greedy" else (
                lambda: decode_by_beams(model, groups, a.symbols))
            seconds = share * median_seconds(run, a.seconds)
            print(json.dumps({**facts, "part": part, "together": together, "sources": PAIRS,
                              "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()

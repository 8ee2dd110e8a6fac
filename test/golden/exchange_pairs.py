#!/usr/bin/env python3
"""Writes models of pairs whose numbers PyTorch drew, and their log-probabilities, for test/exchange/pairs.test.ts.

    pip install torch==2.13.0 safetensors
    node test/golden/pair-metadata.ts | python3 test/golden/exchange_pairs.py

It makes test/golden/exchange/{tagger,classifier,transducer}.safetensors and pairs.json: a source, what is read of its target, and the
log-probabilities [T, V] of PyTorch. Both biases of a layer have numbers.
"""
import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parent / "exchange"
sys.path.insert(0, str(FOLDER.parents[1] / "exchange"))
import pairs

SEED = 20261126


def write(model):
    config = model["config"]
    tensors = {}
    for member in range(config["members"]):
        prefix = f"members.{member}." if config["members"] > 1 else ""
        for key, value in pairs.make(config).state_dict().items():
            tensors[prefix + key] = torch.empty_like(value).uniform_(-0.7, 0.7)
    save_file(tensors, FOLDER / model["file"], metadata=model["metadata"])
    logs = pairs.log_probabilities(config, tensors, torch.tensor(model["source"]), torch.tensor(model["target"]))
    rows = [[float(f"{value:.9g}") for value in row] for row in logs.tolist()]
    return dict(file=model["file"], source=model["source"], target=model["target"], logs=rows)


def main():
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    cases = [write(model) for model in json.load(sys.stdin)]
    (FOLDER / "pairs.json").write_text(json.dumps(cases, separators=(",", ":")).replace('{"file"', '\n{"file"') + "\n")


main()

#!/usr/bin/env python3
"""Checks exported models against PyTorch and ONNX Runtime. test/exchange/parity.ts starts it."""
import json
import os
import sys

import numpy
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

CASES, PROGRAM = sys.argv[1:]
sys.path.insert(0, PROGRAM)
import pairs
import train  # the program that `rnn export --to pytorch` writes

MOST = 1e-5


class CharLM(torch.nn.Module):
    """The module that src/exchange/README.md shows: what a user of PyTorch would write."""

    def __init__(self, config):
        super().__init__()
        width = config["embedding"]
        if width:
            self.embedding = torch.nn.Embedding(config["symbols"], width)
        sizes = (width or config["symbols"], config["hidden"], config["layers"])
        if config["cell"] == "rnn":
            self.recurrent = torch.nn.RNN(*sizes, nonlinearity=config["activation"])
        else:
            self.recurrent = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[config["cell"]](*sizes)
        self.output = torch.nn.Linear(config["hidden"], config["symbols"])
        if config["tied"]:
            self.output.weight = self.embedding.weight
        self.symbols, self.one_hot = config["symbols"], not width

    def forward(self, symbols):
        x = F.one_hot(symbols, self.symbols).float() if self.one_hot else self.embedding(symbols)
        return self.output(self.recurrent(x)[0])


def mixed(outputs):
    """What an ensemble predicts: the logarithms of the mean of its members' probabilities."""
    if len(outputs) == 1:
        return outputs[0]
    return torch.stack([each.double().softmax(-1) for each in outputs]).mean(0).log()


def by_modules(config, tensors, symbols):
    """torch.nn's own modules, loaded strictly."""
    outputs = []
    for member in range(config["members"]):
        prefix = f"members.{member}." if config["members"] > 1 else ""
        model = CharLM(config)
        model.load_state_dict({key.removeprefix(prefix): each for key, each in tensors.items() if key.startswith(prefix)})
        outputs.append(model(symbols[:, None])[:, 0])
    return mixed(outputs)


def by_program(config, path, symbols):
    """The model of train.py."""
    nothing = {"input": 0, "layers": 0, "output": 0, "recurrent": 0, "variational": False}
    train.FOLDER = type("Folder", (), {"__truediv__": lambda self, name: path})()
    model = train.load_model(config, nothing).eval()
    fresh = torch.zeros(len(symbols), 1, dtype=torch.bool)
    outputs, _ = model(symbols[:, None], fresh, model.initial_state(1, "cpu"))
    return mixed([each[:, 0] for each in outputs])


def open_onnx(path):
    onnx.checker.check_model(onnx.load(path), full_check=True)
    return onnxruntime.InferenceSession(path)


def run_onnx(session, symbols, values={}):
    """All outputs for the symbols of one text, by their names."""
    names = [value.name for value in session.get_outputs()]
    return dict(zip(names, session.run(names, {"symbols": symbols.numpy()[:, None], **values})))


def by_onnx_runtime(path, symbols):
    session = open_onnx(path)
    zeros = {value.name: numpy.zeros((1, 1, value.shape[2]), numpy.float32) for value in session.get_inputs()[1:]}
    return torch.from_numpy(run_onnx(session, symbols, zeros)["logits"][:, 0])


def pair_by_onnx_runtime(path, source, target):
    """Logits [T, V] of a model of pairs. A transducer's decoder reads one symbol after another, as a user decodes."""
    if not os.path.isdir(path):
        return torch.from_numpy(run_onnx(open_onnx(path), source)["logits"].reshape(len(target), -1))
    encoder, decoder = (open_onnx(f"{path}/{part}.onnx") for part in ("encoder", "decoder"))
    values, logits = run_onnx(encoder, source), []
    for symbol in target:
        outputs = run_onnx(decoder, symbol[None], values)
        logits.append(torch.from_numpy(outputs["logits"][0, 0]))
        values.update({name.removesuffix(".next"): value for name, value in outputs.items() if name.endswith(".next")})
    return torch.stack(logits)


def has_module(config):
    if config["cell"] == "rnn":
        return config["activation"] in ("tanh", "relu")
    return config["cell"] == "lstm" or config["reset"] == "after"


def compare_pair(case):
    """The largest difference of log-probabilities of a model of pairs: by torch.nn's own modules, loaded strictly, and by ONNX Runtime."""
    config, files = case["config"], case["files"]
    source, target, ours = (torch.tensor(case[key]) for key in ("source", "target", "logs"))
    ways = {"ONNX Runtime": pair_by_onnx_runtime(files["onnx"], source, target).log_softmax(-1)}
    if has_module(config):
        ways["torch.nn"] = pairs.log_probabilities(config, load_file(files["safetensors"]), source, target)
    return largest_error(case["label"], ways, ours)


def largest_error(label, ways, ours):
    errors = {name: (theirs - ours).abs().max().item() for name, theirs in ways.items()}
    print(label, "; ".join(f"{name} {error:.1e}" for name, error in errors.items()))
    return max(errors.values())


@torch.no_grad()
def main():
    worst = 0.0
    for case in json.load(open(CASES)):
        config, files = case["config"], case["files"]
        if "source" in case:
            worst = max(worst, compare_pair(case))
            continue
        symbols, ours = torch.tensor(case["symbols"]), torch.tensor(case["logits"])
        ways = {"train.py": by_program(config, files["safetensors"], symbols), "ONNX Runtime": by_onnx_runtime(files["onnx"], symbols)}
        if has_module(config):
            ways["torch.nn"] = by_modules(config, load_file(files["safetensors"]), symbols)
        worst = max(worst, largest_error(case["label"], ways, ours))
    print(f"the largest difference is {worst:.1e}; at most {MOST:.0e} is allowed")
    raise SystemExit(0 if worst < MOST else 1)


main()

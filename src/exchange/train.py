#!/usr/bin/env python3
"""Goes on training a model with PyTorch. `rnn export --to pytorch` wrote this program and the files beside it.

    pip install torch safetensors

    python train.py                                    one process: a GPU if there is one, else the CPU
    torchrun --nproc-per-node 2 train.py               two processes on this machine, on its CPU or its GPUs
    torchrun --nnodes 4 --nproc-per-node 8 --rdzv-backend c10d --rdzv-endpoint HOST:29500 train.py
                                                       eight processes on each of four machines

    rnn import trained.safetensors                     takes the result back

The files beside this program:

    model.safetensors   the model that training starts from
    corpus.safetensors  the text as numbers of symbols: `train`, `validation` and `test`
    recipe.json         everything that decides how the model is trained; it may be edited

Training starts at update 1 with a new optimizer. The loss, the parts of the text, the order of a long text, the optimizer,
the schedule, the clipping and the dropout are those of `rnn train`. Only random numbers are PyTorch's own: which numbers
are dropped, and the order of the lines of a list.
"""
import argparse
import json
import math
import os
import pathlib
import re
import time
from collections import Counter

import torch
import torch.distributed as dist
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_sequence, unpack_sequence

FOLDER = pathlib.Path(__file__).resolve().parent


# --- The model ---------------------------------------------------------------------------------------------------------


class Recurrence(nn.Module):
    """A recurrent layer that PyTorch has no module for. It is called like torch.nn.GRU; `step` is one step of it."""

    gates = 1

    def __init__(self, inputs, hidden):
        super().__init__()
        self.weight_ih_l0 = nn.Parameter(torch.empty(self.gates * hidden, inputs))
        self.weight_hh_l0 = nn.Parameter(torch.empty(self.gates * hidden, hidden))
        self.bias_ih_l0 = nn.Parameter(torch.empty(self.gates * hidden))

    def step(self, a, state):
        raise NotImplementedError

    def forward(self, x, state):
        packed = isinstance(x, PackedSequence)
        data, sizes = (x.data, x.batch_sizes.tolist()) if packed else (x.flatten(0, 1), [x.shape[1]] * x.shape[0])
        state = state[0][x.sorted_indices] if packed else state[0]
        outputs = []
        for a in F.linear(data, self.weight_ih_l0, self.bias_ih_l0).split(sizes):
            # The longest sequences come first, so those that still go on are the first len(a).
            new = self.step(a, state[: len(a)])
            outputs.append(new)
            state = torch.cat([new, state[len(a) :]])
        data = torch.cat(outputs)
        if packed:
            return x._replace(data=data), state[x.unsorted_indices][None]
        return data.unflatten(0, (len(sizes), -1)), state[None]


class LogisticRNN(Recurrence):
    """h = sigmoid(U x + W h + b)."""

    def step(self, a, state):
        return torch.sigmoid(a + F.linear(state, self.weight_hh_l0))


class LinearRNN(Recurrence):
    """h = U x + W h + b."""

    def step(self, a, state):
        return a + F.linear(state, self.weight_hh_l0)


class GRUBefore(Recurrence):
    """The GRU of Cho et al. (2014): the reset gate acts before the recurrent product, where torch.nn.GRU has it after."""

    gates = 3

    def step(self, a, state):
        hidden = state.shape[1]
        gates, candidate = a.split([2 * hidden, hidden], 1)
        r, z = torch.sigmoid(gates + F.linear(state, self.weight_hh_l0[: 2 * hidden])).chunk(2, 1)
        n = torch.tanh(candidate + F.linear(r * state, self.weight_hh_l0[2 * hidden :]))
        return (1 - z) * n + z * state


def make_layer(config, inputs):
    hidden = config["hidden"]
    if config["cell"] == "lstm":
        return nn.LSTM(inputs, hidden)
    if config["cell"] == "gru":
        return nn.GRU(inputs, hidden) if config["reset"] == "after" else GRUBefore(inputs, hidden)
    if config["activation"] == "logistic":
        return LogisticRNN(inputs, hidden)
    if config["activation"] == "linear":
        return LinearRNN(inputs, hidden)
    return nn.RNN(inputs, hidden, nonlinearity=config["activation"])


def run_layer(layer, x, fresh, state, changed):
    """Runs a layer over x [T, B, D] from its state. Where fresh [T, B] is true, a row starts again from a state of zero.

    `changed` has parameters to be used in place of the layer's own. The state is a list of tensors [1, B, H].
    """

    def call(inputs, start):
        start = tuple(start) if len(start) > 1 else start[0]
        outputs, end = torch.func.functional_call(layer, changed, (inputs, start)) if changed else layer(inputs, start)
        return outputs, list(end) if isinstance(end, tuple) else [end]

    kept = (~fresh[0])[:, None].to(x.device)
    state = [each * kept for each in state]
    if not fresh[1:].any():
        return call(x, state)
    # Cut each row where it starts again, and run the pieces side by side, each from a state of its own.
    steps, rows = fresh.shape
    begins = fresh.T.clone()
    begins[:, 0] = True
    first = begins.flatten().nonzero().flatten()
    lengths = torch.diff(first, append=torch.tensor([rows * steps]))
    opening = (first % steps == 0).nonzero().flatten()  # the first piece of each row
    closing = torch.cat([opening[1:], torch.tensor([len(first)])]) - 1  # the last one
    starts = [each.new_zeros(1, len(first), each.shape[2]).index_copy(1, opening.to(x.device), each) for each in state]
    pieces = x.transpose(0, 1).flatten(0, 1).split(lengths.tolist())
    outputs, ends = call(pack_sequence(pieces, enforce_sorted=False), starts)
    outputs = torch.cat(unpack_sequence(outputs)).unflatten(0, (rows, steps)).transpose(0, 1)
    return outputs, [end[:, closing.to(x.device)] for end in ends]


class Network(nn.Module):
    """symbols -> (embedding) -> recurrent layers -> logits of the next symbol."""

    def __init__(self, config, dropout):
        super().__init__()
        self.config, self.dropout = config, dropout
        hidden, symbols, width = config["hidden"], config["symbols"], config["embedding"]
        if width > 0:
            self.embedding = nn.Embedding(symbols, width)
        inputs = [width or symbols] + [hidden] * (config["layers"] - 1)
        self.layers = nn.ModuleList([make_layer(config, each) for each in inputs])
        self.output = nn.Linear(hidden, symbols)
        if config["tied"]:
            self.output.weight = self.embedding.weight

    def initial_state(self, rows, device):
        zeros = torch.zeros(1, rows, self.config["hidden"], device=device)
        return [[zeros] * (2 if self.config["cell"] == "lstm" else 1) for _ in self.layers]

    def forward(self, symbols, fresh, states):
        """Logits [T, B, V] after each of the symbols [T, B], and the states after the last."""
        one_hot = self.config["embedding"] == 0
        x = F.one_hot(symbols, self.config["symbols"]).float() if one_hot else self.embedding(symbols)
        after = []
        for index, (layer, state) in enumerate(zip(self.layers, states)):
            if index > 0 or not one_hot:
                x = self.drop(x, self.dropout["layers" if index > 0 else "input"])
            x, state = run_layer(layer, x, fresh, state, self.dropped_weights(layer, index == 0 and one_hot))
            after.append(state)
        return self.output(self.drop(x, self.dropout["output"])), after

    def drop(self, x, probability):
        """Dropout of x [T, B, H]. Variational dropout drops the same numbers at all steps."""
        if self.dropout["variational"]:
            return x * F.dropout(torch.ones_like(x[:1]), probability, self.training)
        return F.dropout(x, probability, self.training)

    def dropped_weights(self, layer, reads_one_hot):
        """DropConnect: matrices with some of their numbers dropped, by their names."""
        probabilities = {"weight_hh_l0": self.dropout["recurrent"]}
        if reads_one_hot:
            probabilities["weight_ih_l0"] = self.dropout["input"]
        return {
            name: F.dropout(getattr(layer, name), probability)
            for name, probability in probabilities.items()
            if self.training and probability > 0
        }


class Model(nn.Module):
    """One network or an ensemble of several. The members learn by losses of their own, and predict the mean together."""

    def __init__(self, config, dropout):
        super().__init__()
        self.members = nn.ModuleList([Network(config, dropout) for _ in range(config["members"])])

    def initial_state(self, rows, device):
        return [member.initial_state(rows, device) for member in self.members]

    def forward(self, symbols, fresh, states):
        """Logits [T, B, V] of each member, and the states after the last step."""
        outputs, after = zip(*(member(symbols, fresh, state) for member, state in zip(self.members, states)))
        return outputs, list(after)


def file_name(name, members):
    """The name in a file of the parameter that is called `name` in Model."""
    name = re.sub(r"layers\.(\d+)\.(\w+)_l0$", r"recurrent.\2_l\1", name)
    return name if members > 1 else name.removeprefix("members.0.")


def load_model(config, dropout):
    model = Model(config, dropout)
    tensors = load_file(FOLDER / "model.safetensors")
    model.load_state_dict({name: tensors[file_name(name, config["members"])] for name in model.state_dict()})
    for name, parameter in model.named_parameters():
        if "bias_hh" not in name:
            continue
        if config["cell"] == "gru":
            # `rnn` has a second bias for the candidate n alone, the last third; the rest stays 0.
            mask = torch.arange(len(parameter)) >= 2 * config["hidden"]
            parameter.register_hook(lambda gradient, mask=mask: gradient * mask.to(gradient.device))
        else:
            # `rnn` has one bias for each layer: the second one stays 0.
            parameter.requires_grad_(False)
    return model


# --- The text ----------------------------------------------------------------------------------------------------------


class Part:
    """A part of the text. `epoch` gives its predictions: inputs, targets, where lines begin, and where each row begins."""

    def __init__(self, ids, stop):
        self.ids, self.stop = ids, stop
        if stop is not None:
            self.ends = (ids == stop).nonzero().flatten()  # <stop> line <stop> line ... <stop>
        self.targets = max(0, len(ids) - 1)

    def epoch(self, rows, generator=None):
        ideal = torch.arange(rows + 1) * self.targets // rows
        if self.stop is None:
            # One long text: neighbouring pieces are read side by side.
            return self.ids[:-1], self.ids[1:], None, ideal
        # A list: every line starts from a state of zero. A row has whole lines, one after the other.
        count = len(self.ends) - 1
        order = torch.randperm(count, generator=generator) if generator else torch.arange(count)
        lengths = torch.diff(self.ends)[order]
        begins = lengths.cumsum(0) - lengths
        place = torch.repeat_interleave(self.ends[:-1][order] - begins, lengths) + torch.arange(self.targets)
        fresh = torch.zeros(self.targets, dtype=torch.bool)
        fresh[begins] = True
        starts = torch.cat([begins, torch.tensor([self.targets])])
        return self.ids[place], self.ids[place + 1], fresh, starts[torch.searchsorted(starts, ideal)]


def windows(epoch, window, stride, offset=0):
    """Windows of an epoch: inputs, targets and fresh [T, B], and how many steps later the next window starts.

    A target of -1 is not counted: it lies past the end of a row, or was counted in an earlier window.
    """
    inputs, targets, fresh, starts = epoch
    steps = int(torch.diff(starts).max())
    first = 0
    while True:
        before = offset if first == 0 else 0
        length = min(window - before, steps - first)
        place = starts[:-1] + first + torch.arange(length)[:, None]
        inside = place < starts[1:]
        place = place.clamp(max=len(inputs) - 1)
        x = torch.where(inside, inputs[place].long(), 0)
        y = torch.where(inside, targets[place].long(), -1)
        if first > 0:
            y[: window - stride] = -1
        begins = torch.zeros_like(inside) if fresh is None else fresh[place]
        if first == 0:
            begins[0] = True
        advance = min(stride - before, length)
        yield x, y, begins, advance
        if first + length == steps:
            return
        first += advance


def training_windows(part, recipe):
    """Windows without end, and how many epochs have been read after each."""
    generator = torch.Generator().manual_seed(int.from_bytes(recipe["seed"].encode()[:6], "big"))
    epochs = 0
    while True:
        # After the first epoch, windows begin at other places each time: the gradient is not always cut at the same ones.
        offset = int(torch.randint(recipe["stride"], (), generator=generator)) if epochs and part.stop is None else 0
        counted = 0
        for window in windows(part.epoch(recipe["rows"], generator), recipe["window"], recipe["stride"], offset):
            counted += int((window[1] >= 0).sum())
            yield *window, epochs + counted / part.targets
        epochs += 1


# --- Training ----------------------------------------------------------------------------------------------------------


class Processes:
    """The processes that train together. Each has some of the rows of a batch."""

    def __init__(self, device):
        self.size = int(os.environ.get("WORLD_SIZE", 1))
        self.rank = int(os.environ.get("RANK", 0))
        on_gpu = device == "cuda" or (device is None and torch.cuda.is_available())
        self.device = torch.device(f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if on_gpu else "cpu")
        if on_gpu:
            torch.cuda.set_device(self.device)
        if self.size > 1:
            dist.init_process_group("nccl" if on_gpu else "gloo")

    def own(self, rows):
        """The rows of this process, of so many."""
        return slice(self.rank * rows // self.size, (self.rank + 1) * rows // self.size)

    def sum(self, *numbers):
        """The sums of numbers over all processes."""
        total = torch.tensor(numbers, dtype=torch.float64, device="cpu" if self.device.type == "cpu" else self.device)
        if self.size > 1:
            dist.all_reduce(total)
        return total.tolist()


def make_optimizer(parameters, settings, rate):
    name, decay = settings["name"], settings["weightDecay"]
    if name == "adam":
        betas = (settings["beta1"], settings["beta2"])
        return torch.optim.AdamW(parameters, lr=rate, betas=betas, eps=settings["epsilon"], weight_decay=decay)
    if name == "sgd":
        return torch.optim.SGD(parameters, lr=rate, momentum=settings["momentum"], weight_decay=decay)
    if name == "rmsprop":
        smoothing, epsilon = settings["smoothing"], settings["epsilon"]
        return torch.optim.RMSprop(parameters, lr=rate, alpha=smoothing, eps=epsilon, weight_decay=decay)
    return torch.optim.Adagrad(parameters, lr=rate, eps=settings["epsilon"], weight_decay=decay)


def rate_factor(schedule, step, progress, plateaus):
    """What the learning rate is multiplied by at an update. `progress` is the share of the run that is over."""
    warm = min(1, step / schedule["warmup"]) if schedule["warmup"] > 0 else 1
    final, factor, name = schedule["final"], schedule["factor"], schedule["name"]
    if name == "linear":
        return warm * (1 - (1 - final) * progress)
    if name == "cosine":
        return warm * (final + (1 - final) * 0.5 * (1 + math.cos(math.pi * progress)))
    if name == "step":
        return warm * factor ** min(schedule["drops"], int(progress * (schedule["drops"] + 1)))
    return warm * factor**plateaus if name == "plateau" else warm


def losses_of(logits, targets):
    """-log p of every target that is counted, in nats."""
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-1, reduction="none")


@torch.no_grad()
def evaluate(model, part, recipe, processes):
    """The mean loss of a part in nats a symbol; None if the part is empty. An ensemble predicts the mean of its members."""
    if part.targets == 0:
        return None
    model.eval()
    rows = min(recipe["rows"], part.targets)
    own = processes.own(rows)
    states = model.initial_state(own.stop - own.start, processes.device)
    total = 0.0
    for symbols, targets, fresh, _ in windows(part.epoch(rows), recipe["window"], recipe["window"]):
        if own.start == own.stop:
            break
        logits, states = model(symbols[:, own].to(processes.device), fresh[:, own], states)
        targets = targets[:, own].to(processes.device)
        losses = torch.stack([losses_of(each, targets) for each in logits])
        mixed = math.log(len(losses)) - torch.logsumexp(-losses.double(), 0)
        total += mixed[targets.flatten() >= 0].sum().item()
    model.train()
    (total,) = processes.sum(total)
    return total / part.targets


class Average:
    """A moving average of the parameters. Where there is one, it is what is validated and saved."""

    def __init__(self, model, decay):
        self.parameters, self.decay = list(model.parameters()), decay
        self.mean = [each.detach().clone() for each in self.parameters] if decay > 0 else []

    @torch.no_grad()
    def update(self, step):
        share = 1 - min(self.decay, (1 + step) / (10 + step))
        for mean, parameter in zip(self.mean, self.parameters):
            mean.lerp_(parameter, share)

    @torch.no_grad()
    def exchange(self):
        """Exchanges the average and the parameters; a second time, back again."""
        for mean, parameter in zip(self.mean, self.parameters):
            kept = parameter.clone()
            parameter.copy_(mean)
            mean.copy_(kept)


def clip(network, recipe):
    """Clips the gradient of one member, by value and then by norm. Returns its norm before the latter."""
    trained = [parameter for parameter in network.parameters() if parameter.grad is not None]
    if recipe["clipValue"] is not None:
        nn.utils.clip_grad_value_(trained, recipe["clipValue"])
    bound = math.inf if recipe["clipNorm"] is None else recipe["clipNorm"]
    return nn.utils.clip_grad_norm_(trained, bound).item()


class Run:
    """A run of training: the model, its optimizer, and how far it is."""

    def __init__(self, recipe, limits, path, processes):
        with safe_open(FOLDER / "model.safetensors", "pt") as file:
            self.metadata = file.metadata()
        self.config = json.loads(self.metadata["charnn.model"])
        self.recipe, self.limits, self.path, self.processes = recipe, limits, path, processes
        torch.manual_seed(processes.rank)
        self.model = self.together = load_model(self.config, recipe["dropout"]).to(processes.device)
        if processes.size > 1:
            devices = [processes.device] if processes.device.type == "cuda" else None
            self.together = nn.parallel.DistributedDataParallel(self.model, devices)
        self.parts = {name: Part(ids, recipe["stop"]) for name, ids in load_file(FOLDER / "corpus.safetensors").items()}
        trained = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.optimizer = make_optimizer(trained, recipe["optimizer"], recipe["rate"])
        self.average = Average(self.model, recipe["averaging"])
        self.own = processes.own(recipe["rows"])
        self.states = self.model.initial_state(self.own.stop - self.own.start, processes.device)
        self.step, self.epoch, self.rate, self.history = 0, 0.0, 0.0, []
        self.best, self.since_best, self.since_plateau, self.plateaus = math.inf, 0, 0, 0
        self.began, self.seen = time.monotonic(), 0
        self.tally = Counter()

    def train(self):
        progress = self.progress()
        text = training_windows(self.parts["train"], self.recipe)
        while progress < 1 and (self.recipe["patience"] is None or self.since_best < self.recipe["patience"]):
            *window, epoch = next(text)
            self.update(*window, progress)
            self.step, self.epoch = self.step + 1, epoch
            self.average.update(self.step)
            progress = self.progress()
            if self.step % self.recipe["validateEvery"] == 0 or progress >= 1:
                self.report()

    def progress(self):
        """The share of the run that is over: of its updates, of its epochs, or of its time."""
        done = {"steps": self.step, "epochs": self.epoch, "seconds": time.monotonic() - self.began}
        shares = [done[name] / limit if limit else 1.0 for name, limit in self.limits.items() if limit is not None]
        (mean,) = self.processes.sum(max(shares) / self.processes.size)  # all processes must agree, but their clocks differ
        return min(1.0, mean)

    def update(self, symbols, targets, fresh, advance, progress):
        """Truncated BPTT over one window: the state is carried on, and its gradient is cut."""
        device, size, recipe = self.processes.device, self.processes.size, self.recipe
        counted = int((targets >= 0).sum())
        symbols, targets, fresh = symbols[:, self.own].to(device), targets[:, self.own].to(device), fresh[:, self.own]
        # The state after `advance` steps is the first one of the next window.
        outputs, states = self.together(symbols[:advance], fresh[:advance], self.states)
        if advance < len(symbols):
            rest, _ = self.together(symbols[advance:], fresh[advance:], states)
            outputs = [torch.cat(both) for both in zip(outputs, rest)]
        self.states = [[[each.detach() for each in state] for state in member] for member in states]
        losses = sum(losses_of(logits, targets).sum() for logits in outputs)
        self.rate = recipe["rate"] * rate_factor(recipe["schedule"], self.step + 1, progress, self.plateaus)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate
        self.optimizer.zero_grad()
        # DistributedDataParallel takes the mean over the processes; what is wanted is the sum over all rows.
        (losses * (size / counted)).backward()
        norms = [clip(member, recipe) for member in self.model.members]
        total = self.processes.sum(losses.item())[0] / len(norms)
        if not (math.isfinite(total) and all(map(math.isfinite, norms))):
            raise SystemExit(f"training diverged at update {self.step + 1}: lower the rate in recipe.json")
        self.optimizer.step()
        self.seen += counted
        bound = recipe["clipNorm"] or math.inf
        clipped = sum(norm > bound for norm in norms) / len(norms)
        self.tally.update(losses=total, symbols=counted, norms=sum(norms) / len(norms), clipped=clipped, steps=1)
        if self.step == 0:
            self.say(f"the first update's loss is {total / counted:.7f} nats")

    def report(self):
        """A point of the learning curve. The best model so far is saved."""
        self.average.exchange()
        validation = evaluate(self.model, self.parts["validation"], self.recipe, self.processes)
        is_best = validation is None or validation < self.best
        test = evaluate(self.model, self.parts["test"], self.recipe, self.processes) if is_best else None
        tally, self.tally = self.tally, Counter()
        point = {
            "step": self.step,
            "epoch": self.epoch,
            "loss": tally["losses"] / tally["symbols"],
            "validation": validation,
            "test": test,
            "gradientNorm": tally["norms"] / tally["steps"],
            "clipped": tally["clipped"] / tally["steps"],
            "rate": self.rate,
        }
        self.history.append({name: value for name, value in point.items() if value is not None})
        self.judge(is_best, validation)
        speed = self.seen / (time.monotonic() - self.began)
        held = "" if validation is None else f", validation {validation:.4f}"
        losses = f"loss {point['loss']:.4f}{held} nats"
        self.say(f"update {self.step}, epoch {self.epoch:.2f}: {losses}; {speed:,.0f} characters/s")
        if is_best and self.processes.rank == 0:
            self.save()
        self.average.exchange()

    def judge(self, is_best, validation):
        """What patience and the schedule `plateau` go by."""
        self.since_best, self.since_plateau = (0, 0) if is_best else (self.since_best + 1, self.since_plateau + 1)
        if self.since_plateau >= self.recipe["schedule"]["patience"]:
            self.plateaus, self.since_plateau = self.plateaus + 1, 0
        if is_best and validation is not None:
            self.best = validation

    def save(self):
        """Writes the model as `rnn import` reads it, with the history of its training."""
        record = json.loads(self.metadata["charnn.run"])
        record.update(step=self.step, epoch=self.epoch, history=self.history)
        members = self.config["members"]
        tensors = {file_name(name, members): each.detach().cpu().clone() for name, each in self.model.state_dict().items()}
        temporary = self.path.with_name(f".{self.path.name}.tmp")
        save_file(tensors, temporary, {**self.metadata, "charnn.run": json.dumps(record)})
        os.replace(temporary, self.path)

    def say(self, text):
        if self.processes.rank == 0:
            print(text, flush=True)


def main():
    parser = argparse.ArgumentParser(description="Goes on training the model in this folder.")
    parser.add_argument("--steps", type=int, help="updates (default: the limit in recipe.json)")
    parser.add_argument("--device", choices=["cpu", "cuda"], help="where to train (default: a GPU if there is one)")
    parser.add_argument("--out", default="trained.safetensors", help="file of the best model (default: %(default)s)")
    options = parser.parse_args()
    recipe = json.loads((FOLDER / "recipe.json").read_text())
    limits = recipe["limits"] if options.steps is None else {"steps": options.steps}
    processes = Processes(options.device)
    if processes.size > recipe["rows"]:
        raise SystemExit(f"{processes.size} processes for {recipe['rows']} rows: start fewer, or raise rows in recipe.json")
    run = Run(recipe, limits, pathlib.Path(options.out), processes)
    run.train()
    run.say(f"{run.path}: the best model; take it back with: rnn import {run.path}")
    if processes.size > 1:
        dist.barrier()  # no process may leave while another still waits for it
        dist.destroy_process_group()


if __name__ == "__main__":
    main()

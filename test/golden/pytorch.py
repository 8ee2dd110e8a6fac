#!/usr/bin/env python3
"""Writes what PyTorch computes into files beside itself: rnn.json, lstm.json and gru.json for test/nn/pytorch.test.ts, and
bidirectional.json and shared.json for test/nn/pytorch-composed.test.ts.

    pip install torch==2.13.0
    python3 test/golden/pytorch.py

Everything is computed in float64 and rounded to ten significant digits. Parameters and initial states are drawn as
multiples of 1/1024, so they are exact in the file, and in float32.

Each file is {made_by, torch, seed, cases}. A case is one model. In the first three files, it has stacked layers with one-hot input, and a
linear output:

  config       as src/nn/config.ts has it
  steps, rows  T and B of a chunk
  symbols      [chunks · T + 1][B] a stream of random symbols; chunk c reads rows c·T … c·T + T − 1, and its targets
               are the rows one later
  states       initial states [B][H], in the order of Model.states
  parameters   by our names and in our layout
  logits       [T][B][V] of the first chunk; loss: its mean over T·B, in nats; gradients: of that loss, by name;
  final_states states after it
  curves       training on the chunks in turn, one update each, the state carried on and detached (truncated BPTT):
               optimizer and its settings, clip (clip_grad_norm_), losses and norms (before clipping) of each
               step, and the parameters after the last

In bidirectional.json the layers read in both directions. In shared.json an LSTM and a GRU read one embedding, and the output reads both.
Both files have one chunk a case, no curves, and

  state_gradients  the gradients of the loss by the initial states, in the order of `states`

Our parameters and PyTorch's:

  - our matrices are [inputs, gates · hidden], the transposes of PyTorch's; the gates' order is the same;
  - we have one bias for each layer: PyTorch's bias_hh is 0 and not trained, except for the part of a GRU's
    candidate n, which is our recurrent_bias;
  - our GRU has h = (1 − z) h₋ + z n, PyTorch's h = (1 − z) n + z h₋, and 1 − σ(a) = σ(−a): z's
    weights and biases change sign.
"""
import json
import pathlib
import re

import torch
import torch.nn.functional as F

SEED = 20240607
CHUNKS = 10
STEPS, ROWS = 7, 3
LAYERS, HIDDEN, SYMBOLS = 2, 5, 7
EMBEDDING = 4
GATES = {"rnn": 1, "lstm": 4, "gru": 3}
GRID = 1024  # parameters are multiples of 1/GRID
WHOLE = slice(None)

ADAM = dict(optimizer="adam", rate=0.02, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.0)
CURVES = {
    "rnn": [ADAM],
    "gru": [ADAM],
    "lstm": [
        ADAM,
        dict(ADAM, optimizer="adamw", weight_decay=0.1),
        dict(optimizer="sgd", rate=0.5, momentum=0.9, weight_decay=0.01),
        dict(optimizer="rmsprop", rate=0.01, smoothing=0.95, epsilon=1e-8, weight_decay=0.01),
        dict(optimizer="adagrad", rate=0.05, epsilon=1e-8, weight_decay=0.01),
    ],
}
# Between the smallest and the largest norm of the gradient in every curve: some steps are clipped, and some are not.
CLIP = {"tanh RNN": 0.62, "relu RNN": 0.8, "LSTM": 0.25, "GRU, reset after": 0.3}


def on_grid(*shape, bound):
    return torch.randint(-int(bound * GRID), int(bound * GRID) + 1, shape).double() / GRID


def leave_one_bias(recurrent):
    """Of the two biases of each layer, bias_hh is 0 and not trained, but for the part of a GRU's candidate."""
    for name, bias in recurrent.named_parameters():
        if not name.startswith("bias_hh"):
            continue
        bias.data.zero_()
        if isinstance(recurrent, torch.nn.GRU):
            only_n = torch.zeros_like(bias)
            only_n[2 * recurrent.hidden_size :] = 1
            bias.register_hook(lambda gradient, mask=only_n: gradient * mask)
        else:
            bias.requires_grad_(False)


class CharLM(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        self.cell, self.hidden = config["cell"], config["hidden"]
        self.bidirectional = config.get("bidirectional", False)
        sizes = dict(input_size=config["symbols"], hidden_size=config["hidden"], num_layers=config["layers"])
        sizes.update(bidirectional=self.bidirectional)
        if self.cell == "rnn":
            self.recurrent = torch.nn.RNN(**sizes, nonlinearity=config["activation"])
        else:
            self.recurrent = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[self.cell](**sizes)
        self.output = torch.nn.Linear(config["hidden"] * (2 if self.bidirectional else 1), config["symbols"])
        self.double()
        leave_one_bias(self.recurrent)

    def trained(self):
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    def forward(self, symbols, state):
        hidden, state = self.recurrent(F.one_hot(symbols, SYMBOLS).double(), state)
        return self.output(hidden), state

    def named(self):
        """(our name, PyTorch's parameter, its part that is ours, whether it is transposed)."""
        for layer in range(LAYERS):
            yield from named_layer(self.recurrent, f"l{layer}", f"layers.{layer}.")
            if self.bidirectional:
                yield from named_layer(self.recurrent, f"l{layer}_reverse", f"layers.{layer}.reverse.")
        yield "output.weight", self.output.weight, WHOLE, True
        yield "output.bias", self.output.bias, WHOLE, False

    def has_z(self, name):
        return self.cell == "gru" and name.startswith("layers.") and not name.endswith("recurrent_bias")

    def negate_z(self, name, tensor):
        """Between PyTorch's layout (gates · hidden first) and ours transposed; its own inverse."""
        tensor = tensor.clone()
        if self.has_z(name):
            tensor[self.hidden : 2 * self.hidden] *= -1
        return tensor

    def load(self, ours):
        with torch.no_grad():
            for name, parameter, part, transposed in self.named():
                tensor = ours[name].T if transposed else ours[name]
                parameter[part] = self.negate_z(name, tensor)

    def ours(self, of):
        """What `of` gives for every parameter, under our names and in our layout."""
        return {
            name: self.negate_z(name, tensor).T if transposed else self.negate_z(name, tensor)
            for name, parameter, part, transposed in self.named()
            for tensor in [of(parameter).detach()[part]]
        }


def named_layer(recurrent, suffix, prefix):
    """The tensors of one layer in one direction, as `CharLM.named` gives them."""
    at = lambda name: getattr(recurrent, f"{name}_{suffix}")
    yield f"{prefix}input", at("weight_ih"), WHOLE, True
    yield f"{prefix}recurrent", at("weight_hh"), WHOLE, True
    yield f"{prefix}bias", at("bias_ih"), WHOLE, False
    if isinstance(recurrent, torch.nn.GRU):
        yield f"{prefix}recurrent_bias", at("bias_hh"), slice(2 * recurrent.hidden_size, None), False


class SharedLM(CharLM):
    """An LSTM and a GRU that read one embedding, and a linear output that reads both."""

    def __init__(self, config):
        torch.nn.Module.__init__(self)
        self.hidden = config["hidden"]
        self.embedding = torch.nn.Embedding(config["symbols"], config["embedding"])
        self.readers = torch.nn.ModuleList(
            kind(config["embedding"], config["hidden"]) for kind in (torch.nn.LSTM, torch.nn.GRU)
        )
        self.output = torch.nn.Linear(2 * config["hidden"], config["symbols"])
        self.double()
        for reader in self.readers:
            leave_one_bias(reader)

    def forward(self, symbols, state):
        embedded = self.embedding(symbols)
        runs = [reader(embedded, own) for reader, own in zip(self.readers, state)]
        return self.output(torch.cat([hidden for hidden, _ in runs], dim=-1)), [final for _, final in runs]

    def named(self):
        yield "embedding", self.embedding.weight, WHOLE, False
        for index, reader in enumerate(self.readers):
            yield from named_layer(reader, "l0", f"readers.{index}.")
        yield "output.weight", self.output.weight, WHOLE, True
        yield "output.bias", self.output.bias, WHOLE, False

    def has_z(self, name):
        return name.startswith("readers.1.") and not name.endswith("recurrent_bias")


def random_parameters(model):
    bound = 2 / model.hidden**0.5  # twice as wide as usual: gates away from their linear middle
    shapes = model.ours(lambda parameter: parameter)
    return {name: on_grid(*tensor.shape, bound=bound) for name, tensor in shapes.items()}


def mean_loss(logits, targets):
    return F.cross_entropy(logits.reshape(-1, SYMBOLS), targets.reshape(-1))


def chunk(symbols, index):
    first = index * STEPS
    return symbols[first : first + STEPS], symbols[first + 1 : first + STEPS + 1]


def make_optimizer(parameters, curve):
    rate, decay = curve["rate"], curve["weight_decay"]
    if curve["optimizer"] in ("adam", "adamw"):
        kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[curve["optimizer"]]
        betas = (curve["beta1"], curve["beta2"])
        return kind(parameters, lr=rate, betas=betas, eps=curve["epsilon"], weight_decay=decay)
    if curve["optimizer"] == "sgd":
        return torch.optim.SGD(parameters, lr=rate, momentum=curve["momentum"], weight_decay=decay)
    if curve["optimizer"] == "rmsprop":
        return torch.optim.RMSprop(
            parameters, lr=rate, alpha=curve["smoothing"], eps=curve["epsilon"], weight_decay=decay
        )
    return torch.optim.Adagrad(parameters, lr=rate, eps=curve["epsilon"], weight_decay=decay)


def run_curve(config, parameters, states, symbols, curve, clip):
    model = CharLM(config)
    model.load(parameters)
    optimizer = make_optimizer(model.trained(), curve)
    state, losses, norms = to_torch(config, states), [], []
    for index in range(CHUNKS):
        inputs, targets = chunk(symbols, index)
        logits, state = model(inputs, state)
        loss = mean_loss(logits, targets)
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.trained(), clip).item())
        optimizer.step()
        state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
        losses.append(loss.item())
    assert min(norms) < clip < max(norms), (config, curve, clip, norms)
    return dict(curve, clip=clip, losses=losses, norms=norms, parameters=model.ours(lambda parameter: parameter))


def to_torch(config, states):
    """States in our order (layer by layer; h, then c) as PyTorch's [layers, B, H] tensors."""
    if config["cell"] == "lstm":
        return torch.stack(states[0::2]), torch.stack(states[1::2])
    return torch.stack(states)


def from_torch(state):
    if isinstance(state, tuple):
        return [tensor for pair in zip(*state) for tensor in pair]
    return list(state)


def make_case(label, cell, activation="tanh", reset="before"):
    sizes = dict(layers=LAYERS, hidden=HIDDEN, embedding=0, symbols=SYMBOLS)
    config = dict(cell=cell, activation=activation, reset=reset, **sizes)
    model = CharLM(config)
    parameters = random_parameters(model)
    model.load(parameters)
    states = [on_grid(ROWS, HIDDEN, bound=1) for _ in range(LAYERS * (2 if cell == "lstm" else 1))]
    symbols = torch.randint(0, SYMBOLS, (CHUNKS * STEPS + 1, ROWS))

    inputs, targets = chunk(symbols, 0)
    logits, final = model(inputs, to_torch(config, states))
    loss = mean_loss(logits, targets)
    loss.backward()
    return dict(
        label=label,
        config=config,
        steps=STEPS,
        rows=ROWS,
        symbols=symbols,
        states=states,
        parameters=parameters,
        logits=logits,
        loss=loss.item(),
        gradients=model.ours(lambda parameter: parameter.grad),
        final_states=from_torch(final),
        curves=[run_curve(config, parameters, states, symbols, curve, CLIP[label]) for curve in CURVES[cell]],
    )


def make_composed(label, model, config, states, to_torch, from_torch):
    """A case of one chunk, with gradients by the initial states. Ours are a list of [B, H]; to_torch makes PyTorch's of them."""
    parameters = random_parameters(model)
    model.load(parameters)
    states = [state.requires_grad_() for state in states]
    symbols = torch.randint(0, SYMBOLS, (STEPS + 1, ROWS))
    inputs, targets = chunk(symbols, 0)
    logits, final = model(inputs, to_torch(states))
    loss = mean_loss(logits, targets)
    loss.backward()
    return dict(
        label=label,
        config=config,
        steps=STEPS,
        rows=ROWS,
        symbols=symbols,
        states=states,
        parameters=parameters,
        logits=logits,
        loss=loss.item(),
        gradients=model.ours(lambda parameter: parameter.grad),
        state_gradients=[state.grad for state in states],
        final_states=from_torch(final),
    )


def make_bidirectional(label, cell, reset="before"):
    sizes = dict(layers=LAYERS, hidden=HIDDEN, embedding=0, symbols=SYMBOLS)
    config = dict(cell=cell, activation="tanh", reset=reset, **sizes, bidirectional=True)
    states = [on_grid(ROWS, HIDDEN, bound=1) for _ in range(2 * LAYERS * (2 if cell == "lstm" else 1))]
    return make_composed(label, CharLM(config), config, states, lambda ours: to_torch(config, ours), from_torch)


def make_shared():
    config = dict(hidden=HIDDEN, embedding=EMBEDDING, symbols=SYMBOLS)
    states = [on_grid(ROWS, HIDDEN, bound=1) for _ in range(3)]
    to_both = lambda ours: [(ours[0][None], ours[1][None]), ours[2][None]]
    from_both = lambda final: [final[0][0], final[0][1], final[1]]
    return make_composed("LSTM and GRU, reset after", SharedLM(config), config, states, to_both, from_both)


def plain(value):
    """Tensors as flat lists, row-major; numbers with ten significant digits."""
    if isinstance(value, torch.Tensor):
        return plain(value.detach().contiguous().reshape(-1).tolist())
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return float(f"{value:.10g}") if isinstance(value, float) else value


def write(cell, cases):
    made = dict(made_by="test/golden/pytorch.py", torch=torch.__version__, seed=SEED, cases=cases)
    text = json.dumps(plain(made), indent=1)
    text = re.sub(r"\[[^][{}]*\]", lambda numbers: re.sub(r"\s+", "", numbers[0]), text)  # an array is one line
    (pathlib.Path(__file__).parent / f"{cell}.json").write_text(text + "\n")


def main():
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    write("rnn", [make_case("tanh RNN", "rnn", "tanh"), make_case("relu RNN", "rnn", "relu")])
    write("lstm", [make_case("LSTM", "lstm")])
    write("gru", [make_case("GRU, reset after", "gru", reset="after")])
    bidirectional = [("tanh RNN", "rnn"), ("LSTM", "lstm"), ("GRU, reset after", "gru", "after")]
    write("bidirectional", [make_bidirectional(*each) for each in bidirectional])
    write("shared", [make_shared()])


if __name__ == "__main__":
    main()

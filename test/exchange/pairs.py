"""Models of pairs as a user of PyTorch would write them: what `rnn export` writes is loaded into them, strictly."""
import torch
import torch.nn.functional as F
from torch import nn


def recurrent(config, inputs, layers, bidirectional=False):
    sizes = (inputs, config["hidden"], layers)
    if config["cell"] == "rnn":
        return nn.RNN(*sizes, nonlinearity=config["activation"], bidirectional=bidirectional)
    return {"lstm": nn.LSTM, "gru": nn.GRU}[config["cell"]](*sizes, bidirectional=bidirectional)


class Reader(nn.Module):
    """Symbols [T] as rows: of an embedding, or one-hot."""

    def __init__(self, config, symbols):
        super().__init__()
        self.symbols, self.width = symbols, config["embedding"] or symbols
        if config["embedding"]:
            self.embedding = nn.Embedding(symbols, self.width)

    def read(self, symbols):
        return self.embedding(symbols) if hasattr(self, "embedding") else F.one_hot(symbols, self.symbols).float()


class Encoder(Reader):
    """Recurrent layers over a source, in one direction or both."""

    def __init__(self, config):
        super().__init__(config, config["sourceSymbols"])
        pairs, hidden, layers = config["pairs"], config["hidden"], config["layers"]
        self.reverse = pairs["reverseSource"]
        self.directions = 2 if pairs["bidirectional"] else 1
        self.is_fused = pairs["fusion"] == "tanh"
        self.outputs = hidden if self.is_fused else self.directions * hidden
        if self.is_fused:
            inputs = [self.width] + [hidden] * (layers - 1)
            self.recurrent = nn.ModuleList(recurrent(config, width, 1, bidirectional=True) for width in inputs)
            self.fusion = nn.ModuleList(nn.Linear(2 * hidden, hidden) for _ in inputs)
        else:
            self.recurrent = recurrent(config, self.width, layers, self.directions == 2)

    def encode(self, source):
        """The top layer's output [S, outputs], and each kind of state after the last symbol: [layers, directions · H]."""
        x = self.read(source)
        if self.reverse:
            x = x.flip(0)
        if self.is_fused:
            lasts = []
            for layer, fusion in zip(self.recurrent, self.fusion):
                hidden, last = layer(x)
                lasts.append(states(last))
                x = fusion(hidden).tanh()
            last = [torch.stack(kind) for kind in zip(*lasts)]
        else:
            x, last = self.recurrent(x)
            last = states(last)
        return x.flip(0) if self.reverse else x, [kind.reshape(-1, self.directions * kind.shape[-1]) for kind in last]


def states(last):
    """h, and c of an LSTM."""
    return last if isinstance(last, tuple) else (last,)


class Tagger(Encoder):
    """A label for each symbol."""

    def __init__(self, config):
        super().__init__(config)
        self.output = nn.Linear(self.outputs, config["symbols"])

    def forward(self, source, _):
        return self.output(self.encode(source)[0])


class Classifier(Encoder):
    """One label, from the last state of each direction of the top layer."""

    def __init__(self, config):
        super().__init__(config)
        self.output = nn.Linear(self.directions * config["hidden"], config["symbols"])

    def forward(self, source, _):
        _, (h, *_) = self.encode(source)
        return self.output(h[-1:])


class Decoder(Reader):
    """Recurrent layers over the target, which start from what the encoder ended with."""

    def __init__(self, config, context, directions):
        super().__init__(config, config["symbols"])
        self.recurrent = recurrent(config, self.width + context, config["layers"])
        if directions == 2:
            bridge = lambda: nn.ModuleList(nn.Linear(2 * config["hidden"], config["hidden"]) for _ in range(config["layers"]))
            self.start = bridge()
            if config["cell"] == "lstm":
                self.start_cell = bridge()

    def first(self, lasts):
        if hasattr(self, "start"):
            h = torch.stack([start(last) for start, last in zip(self.start, lasts[0])]).tanh()
            lasts = [h] + [torch.stack([start(c) for start, c in zip(self.start_cell, last)]) for last in lasts[1:]]
        return tuple(lasts) if len(lasts) > 1 else lasts[0]


class Attention(nn.Module):
    """tanh(W [c; h] + b), where c is the mean of the memory [S, M] by the softmax of scores."""

    def __init__(self, kind, memory, hidden):
        super().__init__()
        self.is_additive = kind == "additive"
        if self.is_additive or memory != hidden:
            self.keys = nn.Linear(memory, hidden, bias=False)
        if self.is_additive:
            self.queries = nn.Linear(hidden, hidden)
            self.vector = nn.Parameter(torch.empty(hidden))
        self.output = nn.Linear(memory + hidden, hidden)

    def forward(self, hidden, memory):
        keys = self.keys(memory) if hasattr(self, "keys") else memory
        if self.is_additive:
            scores = (self.queries(hidden)[:, None] + keys).tanh() @ self.vector
        else:
            scores = hidden @ keys.T
        return self.output(torch.cat([scores.softmax(-1) @ memory, hidden], -1)).tanh()


class Transducer(nn.Module):
    """A sequence for a source: the target [T] begins with <stop>."""

    def __init__(self, config):
        super().__init__()
        pairs, hidden, symbols = config["pairs"], config["hidden"], config["symbols"]
        self.encoder = Encoder(config)
        context = self.encoder.directions * hidden if pairs["context"] == "every" else 0
        self.decoder = Decoder(config, context, self.encoder.directions)
        self.has_context = context > 0
        inputs = hidden
        if pairs["attention"] != "none":
            self.attention = Attention(pairs["attention"], self.encoder.outputs, hidden)
        elif context:
            inputs = self.decoder.width + hidden + context
        self.output = nn.Linear(inputs, symbols)
        if config["tied"]:
            self.output.weight = self.decoder.embedding.weight

    def forward(self, source, target):
        memory, lasts = self.encoder.encode(source)
        x = self.decoder.read(target)
        context = [lasts[0][-1].expand(len(target), -1)] if self.has_context else []
        hidden, _ = self.decoder.recurrent(torch.cat([x, *context], -1), self.decoder.first(lasts))
        if hasattr(self, "attention"):
            return self.output(self.attention(hidden, memory))
        return self.output(torch.cat([x, hidden, *context], -1) if context else hidden)


def make(config):
    return {"tag": Tagger, "classify": Classifier, "transduce": Transducer}[config["pairs"]["task"]](config)


@torch.no_grad()
def log_probabilities(config, tensors, source, target):
    """[T, V]: of an ensemble, the logarithms of the mean of its members' probabilities."""
    members = []
    for member in range(config["members"]):
        prefix = f"members.{member}." if config["members"] > 1 else ""
        model = make(config)
        own = {key.removeprefix(prefix): each for key, each in tensors.items() if key.startswith(prefix)}
        model.load_state_dict(own, strict=True)
        members.append(model(source, target).double().softmax(-1))
    return torch.stack(members).mean(0).log()

#!/usr/bin/env python3
"""Writes models as other programs save them, and what these programs compute with them, for test/exchange/foreign.test.ts.

    pip install torch==2.13.0 safetensors onnx onnxscript onnxruntime
    python3 test/golden/exchange.py

It makes test/golden/exchange/*.safetensors with PyTorch, *.onnx with onnx.helper and torch.onnx, and cases.json: for each file what `rnn import`
is told, 200 symbols in the file's own numbers, and the logits (of PyTorch or of ONNX Runtime) after every tenth of them.
"""
import json
import pathlib
import string

import numpy
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parent / "exchange"
SEED = 20250117
LETTERS = "hgfedcba\n .z"  # not in the order of their code points
V, D, H = len(LETTERS), 5, 6
EVERY = 10


class CharRNN(torch.nn.Module):
    """The model of char-rnn.pytorch: encoder, rnn, decoder. Its symbols are string.printable."""

    def __init__(self, symbols, hidden):
        super().__init__()
        self.encoder = torch.nn.Embedding(symbols, hidden)
        self.rnn = torch.nn.GRU(hidden, hidden, 2)
        self.decoder = torch.nn.Linear(hidden, symbols)

    def forward(self, symbols):
        return self.decoder(self.rnn(self.encoder(symbols))[0])


class OneHot(torch.nn.Module):
    """A recurrent module over one-hot rows, batch first, under other names."""

    def __init__(self, kind, symbols=V, **options):
        super().__init__()
        self.symbols = symbols
        self.lstm = kind(symbols, H, batch_first=True, **options)
        self.fc = torch.nn.Linear(H, symbols)

    def forward(self, symbols):
        x = F.one_hot(symbols.T, self.symbols).to(self.fc.weight.dtype)
        return self.fc(self.lstm(x)[0]).transpose(0, 1)


class Tied(torch.nn.Module):
    """An output layer that shares the embedding's matrix, and has no bias."""

    def __init__(self):
        super().__init__()
        self.emb = torch.nn.Embedding(V, H)
        self.rnn = torch.nn.LSTM(H, H)
        self.out = torch.nn.Linear(H, V, bias=False)
        self.out.weight = self.emb.weight

    def forward(self, symbols):
        return self.out(self.rnn(self.emb(symbols))[0])


def lively(model):
    """Weights well away from zero, where all models are alike."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.uniform_(-0.7, 0.7)
    return model.eval()


def rows(logits):
    return [[float(f"{value:.9g}") for value in row] for row in logits[EVERY - 1 :: EVERY]]


def pytorch_case(name, model, symbols, dtype=None, **options):
    model = lively(model)
    if dtype:
        model = model.to(dtype)
    count = len(string.printable) if symbols == "printable" else V
    text = torch.randint(0, count, (200,))
    tensors = {key: each.detach().clone() for key, each in model.state_dict().items()}
    save_file(tensors, FOLDER / f"{name}.safetensors")
    # The numbers are what they are; the arithmetic is float32 at least.
    wide = model if dtype == torch.float64 else model.float()
    with torch.no_grad():
        logits = wide(text[:, None])[:, 0].tolist()
    return dict(file=f"{name}.safetensors", options=dict(symbols=symbols, **options), text=text.tolist(), logits=rows(logits))


def run_onnx(path, text):
    session = onnxruntime.InferenceSession(path)
    feed = {}
    for value in session.get_inputs():
        if value.type == "tensor(int64)":
            feed[value.name] = numpy.array(text)[:, None] if value.shape[-1] != "t" else numpy.array(text)[None]
        else:
            feed[value.name] = numpy.zeros([1 if isinstance(n, str) else n for n in value.shape], numpy.float32)
    return session.run(None, feed)[0].reshape(len(text), -1).tolist()


def onnx_case(name, model=None, logits=None):
    path = FOLDER / f"{name}.onnx"
    if model is not None:
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)
    text = torch.randint(0, V, (200,)).tolist()
    return dict(file=path.name, options=dict(symbols=LETTERS), text=text, logits=rows(logits(text) if logits else run_onnx(path, text)))


def uniform(*shape):
    return numpy.random.uniform(-0.7, 0.7, shape).astype(numpy.float32)


def chain(operator, gates, reads="Gather", ends="MatMul", raw=True, opset=14, **attributes):
    """A graph by onnx's own helpers: Gather or OneHot, one recurrent operator, and an output layer."""
    width = D if reads == "Gather" else V
    nodes, tensors = [], {}
    if reads == "Gather":
        tensors["table"] = uniform(V, D)
        nodes.append(helper.make_node("Gather", ["table", "ids"], ["x"]))
    else:
        tensors["depth"] = numpy.array(V)
        tensors["values"] = numpy.array([0, 1], numpy.float32)
        nodes.append(helper.make_node("OneHot", ["ids", "depth", "values"], ["x"]))
    tensors |= {"W": uniform(1, gates * H, width), "R": uniform(1, gates * H, H), "B": uniform(1, 2 * gates * H)}
    tensors["axes"] = numpy.array([1])
    state = ["h"] + (["c"] if operator == "LSTM" else [])
    nodes.append(helper.make_node(operator, ["x", "W", "R", "B", "", *state], ["y", "y_h"], hidden_size=H, **attributes))
    nodes.append(helper.make_node("Squeeze", ["y", "axes"], ["s"]))
    if ends == "MatMul":
        tensors |= {"V": uniform(H, V), "b": uniform(V)}
        nodes += [helper.make_node("MatMul", ["s", "V"], ["p"]), helper.make_node("Add", ["b", "p"], ["logits"])]
    else:
        tensors |= {"V": uniform(V, H), "b": uniform(V), "shape": numpy.array([-1, H])}
        nodes.append(helper.make_node("Reshape", ["s", "shape"], ["flat"]))
        nodes.append(helper.make_node("Gemm", ["flat", "V", "b"], ["logits"], transB=1))
    inputs = [helper.make_tensor_value_info("ids", TensorProto.INT64, ["T", 1])]
    inputs += [helper.make_tensor_value_info(each, TensorProto.FLOAT, [1, 1, H]) for each in state]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["T", 1, V] if ends == "MatMul" else ["T", V])]

    def initializer(key, value):
        if raw or value.dtype != numpy.float32:
            return numpy_helper.from_array(value, key)
        return helper.make_tensor(key, TensorProto.FLOAT, value.shape, value.flatten().tolist())

    initializers = [initializer(key, value) for key, value in tensors.items()]
    graph = helper.make_graph(nodes, "chain", inputs, outputs, initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


class Exported(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = torch.nn.Embedding(V, D)
        self.rnn = torch.nn.LSTM(D, H, 2, batch_first=True)
        self.out = torch.nn.Linear(H, V)

    def forward(self, symbols, h, c):
        y, (h, c) = self.rnn(self.emb(symbols), (h, c))
        return self.out(y), h, c


def torch_onnx_case(name, dynamo):
    model = lively(Exported())
    example = (torch.zeros(1, 3, dtype=torch.int64), torch.zeros(2, 1, H), torch.zeros(2, 1, H))
    path = FOLDER / f"{name}.onnx"
    names = dict(input_names=["symbols", "h", "c"], output_names=["logits", "h_next", "c_next"])
    if dynamo:
        shapes = dict(dynamic_shapes=({1: "t"}, None, None))
        torch.onnx.export(model, example, path, dynamo=True, external_data=False, **shapes, **names)
    else:
        torch.onnx.export(model, example, path, dynamo=False, dynamic_axes={"symbols": {1: "t"}}, **names)

    saved = onnx.load(path)
    for part in [*saved.graph.node, *saved.graph.value_info, *saved.graph.input, *saved.graph.output, saved.graph]:
        del part.metadata_props[:]  # where in this program each operator comes from
        part.doc_string = ""
    onnx.save(saved, path)

    def logits(text):
        with torch.no_grad():
            return model(torch.tensor(text)[None], *example[1:])[0][0].tolist()

    return onnx_case(name, logits=logits)


def main():
    torch.manual_seed(SEED)
    numpy.random.seed(SEED)
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    cases = [
        pytorch_case("char-rnn", CharRNN(100, 12), "printable"),
        pytorch_case("one-hot-lstm", OneHot(torch.nn.LSTM, num_layers=2), LETTERS),
        pytorch_case("one-hot-gru-double", OneHot(torch.nn.GRU), LETTERS, dtype=torch.float64),
        pytorch_case("relu-half", OneHot(torch.nn.RNN, nonlinearity="relu"), LETTERS, dtype=torch.float16, activation="relu"),
        pytorch_case("tanh-bfloat16", OneHot(torch.nn.RNN), LETTERS, dtype=torch.bfloat16),
        pytorch_case("no-bias", OneHot(torch.nn.GRU, bias=False), LETTERS),
        pytorch_case("tied", Tied(), LETTERS),
        onnx_case("lstm-gather", chain("LSTM", 4)),
        onnx_case("lstm-one-hot-gemm", chain("LSTM", 4, reads="OneHot", ends="Gemm", raw=False)),
        onnx_case("gru-before", chain("GRU", 3)),
        onnx_case("gru-after", chain("GRU", 3, reads="OneHot", linear_before_reset=1, opset=17)),
        onnx_case("rnn-sigmoid", chain("RNN", 1, activations=["Sigmoid"], ends="Gemm")),
        onnx_case("rnn-default", chain("RNN", 1, raw=False)),
        torch_onnx_case("torch-script-export", dynamo=False),
        torch_onnx_case("torch-export", dynamo=True),
    ]
    (FOLDER / "cases.json").write_text(json.dumps(cases, separators=(",", ":")).replace('{"file"', '\n{"file"') + "\n")


if __name__ == "__main__":
    main()

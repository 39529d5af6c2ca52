"""Makes the reference fixtures of Tests/Fixtures from seeds: tiny Phi checkpoints of several shapes with the logits and hidden states
that `transformers` computes for them, tokenizer cases from `tokenizers`, and GGUF blocks with the numbers that `gguf` reads in them.

    pip install -r requirements.txt
    python make_fixtures.py            # writes beside this script; the same versions give the same files

Each checkpoint folder gets `expected.safetensors`: ids [T] int32, logits [T, vocabulary], hidden.0 … hidden.L [T, hidden] as
transformers names them (hidden.L is after the final norm), raw.L (block L before it), greedy [64] int32 (the continuation of ids[:8]).
"""
import json
import random
import shutil
from pathlib import Path

import gguf
import numpy as np
import safetensors.torch
import tokenizers
import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

HERE = Path(__file__).parent
VERSIONS = {m.__name__: m.__version__ for m in (np, tokenizers, torch, transformers)} | {"gguf": "0.19.0", "script": "make_fixtures.py"}
POSITIONS = 24

SAMPLE = """The pneumothorax is seen as a visceral pleural line without lung markings beyond it. It's not the patient's fault.
A tension pneumothorax shifts the mediastinum to the opposite side, and the hemidiaphragm is depressed; they've said we'll see, I'd go, I'm sure.
Computed tomography (CT) shows a 12 mm nodule in the right upper lobe, with Hounsfield units of 35-40 HU before and 90 HU after contrast.
Magnetic resonance imaging: T1 hypointense, T2 hyperintense, restricted diffusion on DWI (b = 1000 s/mm²), enhancement 50%.
Die Lunge ist groß. Über die Prüfung; naïve façade, œuvre, São Paulo, señor, Ελληνικά κείμενα, Русский текст, 日本語のテキスト, 한국어.
def f(x):
    return x + 1
        # nested\n\t\tif x:\n\t\t\tpass
""" * 3


def make_tokenizer(folder):
    """A byte-level BPE with CodeGen's added tokens: runs of 31 to 2 spaces, then of 9 to 2 tabs."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=456, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(SAMPLE.splitlines(keepends=True), trainer)
    tokenizer.add_special_tokens([AddedToken("<|endoftext|>", special=True, normalized=False)])
    runs = [" " * n for n in range(31, 1, -1)] + ["\t" * n for n in range(9, 1, -1)]
    tokenizer.add_tokens([AddedToken(run, special=False, normalized=True) for run in runs])
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return tokenizer


def tokenizer_cases(tokenizer):
    tokenizer.encode_special_tokens = True
    texts = [
        "", " ", "  ", "   ", "\n", "\n\n", "\t", "\t\t", "\t\t\t\t\t\t\t\t\t\t", " \t \t  \n  x", "a", "a ", " a", "a  b", "a   b", "hello   world  \n",
        "The patient's chest X-ray; they've said we'll see, I'd go, I'm sure. It'S 'RE 're're 'lless 'd've'", "'", "''", " '", "'s", " 's", "x's", "1's", "'\u00e9s",
        "Hounsfield 35-40 HU, 1,000.5 mm\u00b2 \u00bd \u2167 \u0663\u0664 1\u00b2 a1b2", "<|endoftext|>", "a<|endoftext|>b <|endoftext|>", "<|endoftext|><|endoftext|>  <|endof",
        "\u00a0", "a\u00a0b", "a\u00a0\u00a0b", "a \u00a0 b", "\u2003x", "\u3000x\u3000", "\u1680\u180e\u200b\u200c\u200d\ufeff", "\u0085\u001c\u001d\u001e\u001f x", "\r\n\r\n x\r", "\x00\x01\x02\x7f",
        "Die gro\u00dfe \u00dcber-Pr\u00fcfung", "e\u0301\u0301 \u0301", "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e", "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645", "\u05e9\u05dc\u05d5\u05dd",
        "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8\u3002", "\ud55c\uad6d\uc5b4 \ubb38\uc7a5", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", "\u10d2\u10d0\u10db\u10d0\u10e0\u10ef\u10dd\u10d1\u10d0", "\u12a0\u121b\u122d\u129b", "\U0001d400\U0001d7d8\U00010330\U0001f1e9\U0001f1ea",
        "\U0001f469\u200d\u2695\ufe0f\U0001f3fd \U0001f600\U0001f600", "\ufffd\ufffe\uffff\U0010ffff", "\ue000\U000f0000", "\u0378\u2e5e\U0001fb00", "a" * 200, "ab" * 100, " " * 100 + "x", "\n" * 50, "!?" * 70, "the" * 60,
        "def f(x):\n    return x\n\n\tif y:\n\t\t\tpass", "http://example.org/a_b-c?d=e&f=%20", "1234567890" * 7, "\u0661\u0662\u0663abc\u0664", "_x_ __init__", " \n \n", "  \n  \n  ", "x \n", "\n x", "x\t y", "x \t y",
    ]
    generator = random.Random(20)
    alphabets = [
        "ab cd", " \t\n\r\u00a0\u3000x", "'sstrevmld \u2019", "0123456789.,- ", "abcdefghijklmnopqrstuvwxyz ,.;", "\u00e9\u00fc\u00df\u0416\u4e2d\U0001f600\u0301 a1'", "<|endoftext|> ",
    ]
    for length in [1, 2, 3, 5, 8, 13, 40, 160]:
        for alphabet in alphabets:
            for _ in range(4):
                texts.append("".join(generator.choice(alphabet) for _ in range(length)))
        for _ in range(12):  # any characters at all
            codes = [generator.choice([generator.randrange(0x80), generator.randrange(0x800), generator.randrange(0x10000), generator.randrange(0x110000)]) for _ in range(length)]
            texts.append("".join(chr(c) for c in codes if not 0xD800 <= c < 0xE000))
    words = SAMPLE.split(" ")
    for _ in range(20):
        texts.append(" ".join(generator.choice(words) for _ in range(30)))
    cases = [{"text": text, "ids": tokenizer.encode(text, add_special_tokens=False).ids} for text in texts]
    invalid = [b"\xff", b"a\xffb", b"\xc3", b"\xe2\x82", b"\xe2\x82x", b"\xf0\x9f\x98", b"\xf0\x9f\x98x", b"\xc0\xaf", b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"ok \x80\x80 ok", b"\xe2\x28\xa1"]
    for _ in range(40):
        invalid.append(bytes(generator.randrange(256) for _ in range(generator.randrange(1, 24))))
    broken = [{"bytes": list(data), "ids": tokenizer.encode(data.decode("utf-8", "replace"), add_special_tokens=False).ids} for data in invalid]
    decoding = []
    for _ in range(60):
        ids = [generator.randrange(tokenizer.get_vocab_size() + 3) for _ in range(generator.randrange(1, 40))]
        decoding.append({"ids": ids, "text": tokenizer.decode(ids, skip_special_tokens=True)})
    return {"made_with": VERSIONS, "encode": cases, "encode_bytes": broken, "decode": decoding}


def old_style_tokenizer(source, folder):
    """The same tokenizer as vocab.json, merges.txt and added_tokens.json."""
    folder.mkdir(parents=True, exist_ok=True)
    content = json.loads((source / "tokenizer.json").read_text())
    vocabulary = dict(content["model"]["vocab"])
    extra = {}
    for token in content["added_tokens"]:
        (vocabulary if token["special"] else extra)[token["content"]] = token["id"]
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    (folder / "added_tokens.json").write_text(json.dumps(extra))
    merges = [m if isinstance(m, str) else " ".join(m) for m in content["model"]["merges"]]
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")


def make_model(seed, **shape):
    torch.manual_seed(seed)
    config = transformers.PhiConfig(
        hidden_act="gelu_new", attention_dropout=0.0, embd_pdrop=0.0, resid_pdrop=0.0, bos_token_id=456, eos_token_id=456, pad_token_id=None,
        attn_implementation="eager", **shape)
    model = transformers.PhiForCausalLM(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("layernorm.weight"):
                parameter.copy_(1 + 0.2 * torch.randn_like(parameter))
            elif name.endswith("bias"):
                parameter.copy_(0.1 * torch.randn_like(parameter))
            else:
                parameter.copy_(torch.randn_like(parameter) * (0.5 if "embed_tokens" in name else 1.4 / parameter.shape[-1] ** 0.5))
    return model


def expectations(model, token_count, seed):
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, token_count - 39, (1, POSITIONS), generator=generator)
    raw = {}
    hooks = [
        layer.register_forward_hook(lambda _, __, output, number=number: raw.__setitem__(number, output[0] if isinstance(output, tuple) else output))
        for number, layer in enumerate(model.model.layers, 1)
    ]
    with torch.no_grad():
        output = model(ids, output_hidden_states=True, use_cache=False)
        for hook in hooks:
            hook.remove()
        tokens = ids[:, :8]
        for _ in range(64):
            logits = model(tokens, use_cache=False).logits[0, -1, :token_count]
            tokens = torch.cat([tokens, logits.argmax().view(1, 1)], 1)
    last = len(model.model.layers)
    tensors = {"ids": ids[0].int(), "logits": output.logits[0].float(), "greedy": tokens[0, 8:].int(), f"raw.{last}": raw[last].reshape(POSITIONS, -1).float()}
    for number, state in enumerate(output.hidden_states):
        tensors[f"hidden.{number}"] = state[0].float()
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def save_expectations(folder, model, token_count, seed):
    safetensors.torch.save_file(expectations(model.float(), token_count, seed), folder / "expected.safetensors", metadata={"made_with": json.dumps(VERSIONS, sort_keys=True)})


def checkpoint(name, seed, tokenizer_folder, token_count, dtype=torch.float32, shards=1, **shape):
    folder = HERE / "checkpoints" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model = make_model(seed, **shape)
    with torch.no_grad():                                  # the weights are rounded, the rotary frequencies stay in fp32 as after loading
        for parameter in model.parameters():
            parameter.data = parameter.data.to(dtype)
    state = {k: v.contiguous() for k, v in model.state_dict().items() if not k.endswith("rotary_emb.inv_freq")}
    if model.config.tie_word_embeddings:
        state.pop("lm_head.weight")
    config = model.config.to_dict()
    config["dtype"] = str(dtype).removeprefix("torch.")
    if name == "head80":  # as Phi-2's own file has it
        config |= {"partial_rotary_factor": 0.4, "rope_theta": 10000.0, "rope_scaling": None}
        config.pop("rope_parameters")
    (folder / "config.json").write_text(json.dumps(config, indent=1, default=str))
    if shards == 1:
        safetensors.torch.save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    else:
        names = sorted(state)
        weight_map = {}
        for shard in range(shards):
            file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
            part = {n: state[n] for n in names[shard::shards]}
            safetensors.torch.save_file(part, folder / file, metadata={"format": "pt"})
            weight_map |= {n: file for n in part}
        index = {"metadata": {"total_size": sum(v.numel() * v.element_size() for v in state.values())}, "weight_map": weight_map}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1))
    for file in tokenizer_folder.iterdir():
        shutil.copy(file, folder / file.name)
    save_expectations(folder, model, token_count, seed)
    return model, state


def msft_checkpoint(name, seed, tokenizer_folder, token_count, **shape):
    """The naming of the first Phi-2 files: fused Wqkv, other keys in config.json."""
    model, state = checkpoint(name, seed, tokenizer_folder, token_count, **shape)
    folder = HERE / "checkpoints" / name
    config = model.config
    renamed = {"transformer.embd.wte.weight": state["model.embed_tokens.weight"]}
    for part in ("weight", "bias"):
        renamed[f"lm_head.ln.{part}"] = state[f"model.final_layernorm.{part}"]
        renamed[f"lm_head.linear.{part}"] = state[f"lm_head.{part}"]
        for n in range(config.num_hidden_layers):
            old, new = f"model.layers.{n}", f"transformer.h.{n}"
            renamed[f"{new}.ln.{part}"] = state[f"{old}.input_layernorm.{part}"]
            renamed[f"{new}.mixer.Wqkv.{part}"] = torch.cat([state[f"{old}.self_attn.{x}_proj.{part}"] for x in "qkv"])
            renamed[f"{new}.mixer.out_proj.{part}"] = state[f"{old}.self_attn.dense.{part}"]
            renamed[f"{new}.mlp.fc1.{part}"] = state[f"{old}.mlp.fc1.{part}"]
            renamed[f"{new}.mlp.fc2.{part}"] = state[f"{old}.mlp.fc2.{part}"]
    safetensors.torch.save_file({k: v.contiguous() for k, v in renamed.items()}, folder / "model.safetensors")
    head = config.hidden_size // config.num_attention_heads
    (folder / "config.json").write_text(json.dumps({
        "model_type": "phi-msft", "activation_function": "gelu_new", "n_embd": config.hidden_size, "n_layer": config.num_hidden_layers,
        "n_head": config.num_attention_heads, "n_head_kv": None, "n_inner": None, "n_positions": config.max_position_embeddings,
        "rotary_dim": int(config.rope_parameters["partial_rotary_factor"] * head), "layer_norm_epsilon": config.layer_norm_eps,
        "tie_word_embeddings": False, "vocab_size": config.vocab_size,
    }, indent=1))


TYPES = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"]
# Where each block type keeps its binary16 scales: byte offsets in the block.
SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}


def random_blocks(generator, kind, numbers, scale):
    """Random bytes with sane scales: every bit pattern of the packed numbers and of the block's integer scales occurs."""
    block, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[kind]]
    blocks = generator.integers(0, 256, (numbers // block, size), dtype=np.uint8)
    for at in SCALES[kind]:
        blocks[:, at:at + 2] = (generator.uniform(-scale, scale, (len(blocks), 1))).astype(np.float16).view(np.uint8)
    return blocks


def dequantization_blocks():
    generator = np.random.default_rng(7)
    tensors = {}
    for kind in TYPES:
        type_ = gguf.GGMLQuantizationType[kind]
        if kind in SCALES:
            blocks = random_blocks(generator, kind, 256 * 8, 0.01)
        elif kind == "F32":
            blocks = generator.standard_normal((8, 256)).astype(np.float32).view(np.uint8)
        elif kind == "F16":  # every 29th bit pattern, subnormal and largest ones among them; no NaN
            halves = np.arange(0, 65536, 29, dtype=np.uint16).view(np.float16)
            blocks = halves[np.isfinite(halves)][:2048].reshape(8, 256).copy().view(np.uint8)
        else:
            blocks = (generator.standard_normal((8, 256)).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)
        values = gguf.quants.dequantize(blocks.reshape(1, -1), type_)
        tensors[f"{kind.lower()}.blocks"] = torch.from_numpy(blocks.reshape(-1).copy())
        tensors[f"{kind.lower()}.values"] = torch.from_numpy(np.asarray(values, dtype=np.float32).reshape(-1).copy())
    x = generator.standard_normal((16, 128)).astype(np.float32)
    x[3] *= 1e-6
    x[4] *= 1e4
    x[5, :64] = 0
    x[6] = np.round(x[6] * 4) / 4
    tensors["quantize.input"] = torch.from_numpy(x.reshape(-1).copy())
    for kind in ("F16", "BF16", "Q8_0", "Q4_0"):
        encoded = gguf.quants.quantize(x, gguf.GGMLQuantizationType[kind])
        tensors[f"quantize.{kind.lower()}"] = torch.from_numpy(np.ascontiguousarray(encoded).view(np.uint8).reshape(-1).copy())
    safetensors.torch.save_file(tensors, HERE / "gguf-blocks.safetensors", metadata={"made_with": json.dumps(VERSIONS, sort_keys=True)})


def gguf_checkpoint(name, seed, tokenizer_folder, token_count, split, hidden=256, layers=2, types=TYPES[1:]):
    """A GGUF written by the `gguf` package with a block type per matrix, and what transformers computes with the same numbers."""
    generator = np.random.default_rng(seed)
    intermediate, vocabulary = hidden, 512
    model = make_model(seed, vocab_size=vocabulary, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=4,
                       intermediate_size=intermediate, max_position_embeddings=128, rope_parameters=dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.5))
    folder = HERE / "checkpoints" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    writer = gguf.GGUFWriter(str(folder / "model.gguf"), "phi2")
    writer.add_name(name)
    writer.add_context_length(128)
    writer.add_embedding_length(hidden)
    writer.add_feed_forward_length(intermediate)
    writer.add_block_count(layers)
    writer.add_head_count(4)
    writer.add_head_count_kv(4)
    writer.add_layer_norm_eps(1e-5)
    writer.add_rope_dimension_count(hidden // 8)
    writer.add_add_bos_token(False)
    writer.add_tokenizer_model("gpt2")
    content = json.loads((tokenizer_folder / "tokenizer.json").read_text())
    tokens, kinds = [""] * vocabulary, [gguf.TokenType.UNUSED] * vocabulary
    for token, number in content["model"]["vocab"].items():
        tokens[number], kinds[number] = token, gguf.TokenType.NORMAL
    for token in content["added_tokens"]:
        tokens[token["id"]] = token["content"]
        kinds[token["id"]] = gguf.TokenType.CONTROL if token["special"] else gguf.TokenType.USER_DEFINED
    for number in range(token_count, vocabulary):
        tokens[number] = f"[PAD{number}]"
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in content["model"]["merges"]])
    writer.add_bos_token_id(456)
    writer.add_eos_token_id(456)

    kinds = iter(types * 3)
    def matrix(name, parameter):
        kind = next(kinds)
        type_ = gguf.GGMLQuantizationType[kind]
        shape = tuple(parameter.shape)
        if kind in SCALES:
            quantum = {"Q4_0": 0.02, "Q4_1": 0.02, "Q5_0": 0.01, "Q5_1": 0.01, "Q8_0": 0.0013, "Q2_K": 0.006, "Q3_K": 0.0012, "Q4_K": 0.0006, "Q5_K": 0.0003, "Q6_K": 0.00007}[kind]
            data = random_blocks(generator, kind, parameter.numel(), quantum).reshape(shape[0], -1)
        else:
            data = gguf.quants.quantize(parameter.detach().numpy(), type_)
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(np.asarray(gguf.quants.dequantize(data, type_), dtype=np.float32).reshape(shape)))
        writer.add_tensor(name, data, raw_dtype=type_)

    def vector(name, parameter):
        writer.add_tensor(name, parameter.detach().numpy().astype(np.float32))

    matrix("token_embd.weight", model.model.embed_tokens.weight)
    for n, layer in enumerate(model.model.layers):
        vector(f"blk.{n}.attn_norm.weight", layer.input_layernorm.weight)
        vector(f"blk.{n}.attn_norm.bias", layer.input_layernorm.bias)
        attention = layer.self_attn
        parts = [attention.q_proj, attention.k_proj, attention.v_proj]
        if split:
            for letter, part in zip("qkv", parts):
                matrix(f"blk.{n}.attn_{letter}.weight", part.weight)
                vector(f"blk.{n}.attn_{letter}.bias", part.bias)
        else:
            fused = torch.cat([part.weight for part in parts]).detach().clone()
            matrix(f"blk.{n}.attn_qkv.weight", fused)
            with torch.no_grad():
                for part, rows_ in zip(parts, fused.split(hidden)):
                    part.weight.copy_(rows_)
            vector(f"blk.{n}.attn_qkv.bias", torch.cat([part.bias for part in parts]))
        for tensor, part in (("attn_output", attention.dense), ("ffn_up", layer.mlp.fc1), ("ffn_down", layer.mlp.fc2)):
            matrix(f"blk.{n}.{tensor}.weight", part.weight)
            vector(f"blk.{n}.{tensor}.bias", part.bias)
    vector("output_norm.weight", model.model.final_layernorm.weight)
    vector("output_norm.bias", model.model.final_layernorm.bias)
    matrix("output.weight", model.lm_head.weight)
    vector("output.bias", model.lm_head.bias)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_expectations(folder, model, token_count, seed)


def main():
    torch.set_num_threads(1)
    plain = HERE / "tokenizer"
    tokenizer = make_tokenizer(plain)
    count = tokenizer.get_vocab_size()
    (HERE / "tokenizer-cases.json").write_text(json.dumps(tokenizer_cases(tokenizer), ensure_ascii=True, separators=(",", ":")))
    old = HERE / "tokenizer-old-style"
    old_style_tokenizer(plain, old)

    def rope(factor):
        return dict(rope_parameters=dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=factor))

    # A tied head, padding vocabulary.
    checkpoint("tied", 1, plain, count, vocab_size=512, hidden_size=64, num_hidden_layers=3, num_attention_heads=4, intermediate_size=256,
               max_position_embeddings=256, tie_word_embeddings=True, **rope(0.5))
    # Phi-2's head: 80 dimensions of which 32 rotate.
    checkpoint("head80", 2, plain, count, vocab_size=512, hidden_size=80, num_hidden_layers=2, num_attention_heads=1, intermediate_size=320,
               max_position_embeddings=2048, tie_word_embeddings=False, **rope(0.4))
    # Sizes that are multiples of nothing, fewer key-value heads, fp16.
    checkpoint("odd", 3, old, count, dtype=torch.float16, vocab_size=521, hidden_size=66, num_hidden_layers=3, num_attention_heads=6,
               num_key_value_heads=2, intermediate_size=131, max_position_embeddings=97, tie_word_embeddings=False, **rope(0.4))
    # bf16 in three shards.
    checkpoint("sharded", 4, plain, count, dtype=torch.bfloat16, shards=3, vocab_size=512, hidden_size=96, num_hidden_layers=2,
               num_attention_heads=3, intermediate_size=384, max_position_embeddings=256, tie_word_embeddings=False, **rope(0.5))
    msft_checkpoint("msft", 5, old, count, vocab_size=512, hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=256,
                    max_position_embeddings=128, tie_word_embeddings=False, **rope(0.5))
    dequantization_blocks()
    gguf_checkpoint("gguf-split", 6, plain, count, split=True)
    gguf_checkpoint("gguf-fused", 8, plain, count, split=False, layers=1)
    # Small enough to be a seed for fuzzing: blocks of 32 only.
    gguf_checkpoint("gguf-tiny", 9, plain, count, split=True, hidden=32, layers=1, types=["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"])


if __name__ == "__main__":
    main()

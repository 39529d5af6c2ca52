"""A byte-level BPE tokenizer in the GPT-2 form: no normalisation, no prefix space, one control token."""
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

END = "<|endoftext|>"


def train(texts, size, path):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=[END], show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(texts, trainer=trainer)
    tokenizer.save(path)
    return tokenizer


def load(path):
    tokenizer = Tokenizer.from_file(path)
    return tokenizer


def plain(text):
    """A control token's spelling inside the text stays text."""
    return text.replace(END, "<| endoftext |>") if END in text else text


def encode(tokenizer, text):
    """Plain text to ids."""
    return tokenizer.encode(plain(text), add_special_tokens=False).ids


def encode_all(tokenizer, texts):
    """The same for many texts at once."""
    return [encoding.ids for encoding in tokenizer.encode_batch([plain(text) for text in texts], add_special_tokens=False)]

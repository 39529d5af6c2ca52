"""Writes Sources/Engine/Tokenizer/CharacterClasses.swift: which characters the GPT-2 pre-tokenizer of Hugging Face
`tokenizers` takes for letters, numbers and white space. Asked of the library itself, character by character, so that
the classes are those of its regular expression engine and of its version of Unicode.

    python make_character_classes.py > ../../Sources/Engine/Tokenizer/CharacterClasses.swift
"""
import tokenizers
from tokenizers.pre_tokenizers import ByteLevel

splitter = ByteLevel(add_prefix_space=False, use_regex=True)


def pieces(text):
    return len(splitter.pre_tokenize_str(text))


def class_of(character):
    if pieces("a" + character) == 1:
        return "letter"
    if pieces("1" + character) == 1:
        return "number"
    # A character of \s before a letter is a piece of its own; an other symbol joins "!".
    return "other" if pieces("!" + character) == 1 else "space"


ranges = []
for code in range(0x110000):
    if 0xD800 <= code < 0xE000:
        continue
    kind = class_of(chr(code))
    if kind == "other":
        continue
    if ranges and ranges[-1][2] == kind and ranges[-1][1] == code - 1:
        ranges[-1][1] = code
    else:
        ranges.append([code, code, kind])

print(f"""// Made by Tests/Fixtures/make_character_classes.py with tokenizers {tokenizers.__version__}; not to be edited.

extension CharacterClass {{
    /// Characters that are not "other": first, last, and class (1 letter, 2 number, 3 white space) in the top byte of `first`; ascending.
    static let ranges: [(first: UInt32, last: UInt32)] = [""")
number = {"letter": 1, "number": 2, "space": 3}
line = "       "
for first, last, kind in ranges:
    item = f" (0x{number[kind] << 24 | first:X}, 0x{last:X}),"
    if len(line) + len(item) > 140:
        print(line)
        line = "       "
    line += item
print(line)
print("    ]\n}")

"""Training examples: numbered passages with several questions each, and question-passage pairs for the embedding.

All text is tokenised once. A prompt is a sequence of whole pieces (sentences begin with their space, so that a copied
sentence has the same tokens in both places), which keeps the position of every piece known.
"""
import collections
import json
import math
import random
import re
from dataclasses import dataclass, field

from . import questions, text, vocabulary


def load_articles(path):
    with open(path, encoding="utf-8") as file:
        articles = []
        for line in file:
            fields = json.loads(line)
            fields["sections"] = [text.Section(**section) for section in fields["sections"]]
            articles.append(text.Article(**fields))
        return articles


@dataclass
class Piece:
    """One passage, tokenised: its heading after "[n]" and its sentences, each with a leading space."""
    passage: text.Passage
    heading: list
    sentences: list

    @property
    def size(self):
        return 5 + len(self.heading) + sum(map(len, self.sentences))


@dataclass
class Prefix:
    """The shared beginning of a prompt, up to the last passage."""
    ids: list
    pieces: list
    headings: list       # (start, end) a passage
    spans: list          # (start, end, passage) a sentence; the end is exclusive, the last token is end - 1
    sentences: list      # token lists, in the order of spans


@dataclass
class Block:
    """One question with its answer, read after a prefix."""
    ids: list
    question: tuple      # (start, end) of the question's words
    output: int          # index of the last prompt token, whose successor is the first answer token
    targets: list        # (index of the predicting token, weight)
    choices: list        # (index of a predicting token that still chooses, sentence of the prefix or -1 to decline)
    copies: list         # (index of the predicting token, position of the next token in the prefix)
    allowed: list        # for each of choices, the tokens that the constraint admits there


class Reader:
    """Makes prompts from articles. `pools` maps a name to articles; every draw comes from `rng`."""

    def __init__(self, tokenizer, seed=0):
        self.tokenizer = tokenizer
        self.cache = {}
        self.rng = random.Random(seed)
        self.number = [self.encode(f"[{n}]") for n in range(0, 21)]
        self.answer_number = [self.encode(f" [{n}]") for n in range(0, 21)]
        self.instruction = self.encode(text.INSTRUCTION)
        self.newline = self.encode("\n")
        self.question_head = self.encode("Question:")
        self.output = self.encode("\nOutput:")
        self.decline = self.encode(text.DECLINE)
        self.end = tokenizer.token_to_id(vocabulary.END)

    def encode(self, string):
        found = self.cache.get(string)
        if found is None:
            found = vocabulary.encode(self.tokenizer, string)
            if len(self.cache) < 600_000:
                self.cache[string] = found
        return found

    def piece(self, passage):
        return Piece(passage, self.encode(" " + passage.heading), [self.encode(" " + s) for s in passage.sentences])

    def prefix(self, pieces):
        ids, headings, spans, sentences = list(self.instruction), [], [], []
        for n, piece in enumerate(pieces, 1):
            ids += self.number[n]
            headings.append((len(ids), len(ids) + len(piece.heading)))
            ids += piece.heading + self.newline
            for sentence in piece.sentences:
                spans.append((len(ids), len(ids) + len(sentence), n - 1))
                sentences.append(sentence)
                ids += sentence
            ids += self.newline
        return Prefix(ids, pieces, headings, spans, sentences)

    def branches(self, prefix, tokens):
        """For each token of `tokens`, the tokens that admissible sentences (or declining) have there."""
        alive = prefix.sentences + [self.decline]
        found = []
        for j, token in enumerate(tokens):
            found.append(sorted({s[j] if j < len(s) else self.end for s in alive}))
            alive = [s for s in alive if j < len(s) and s[j] == token]
        return found

    def block(self, prefix, question, chosen, whole, forced_weight=0.05):
        """`chosen`: indices of the answering sentences in the prefix's order, none to decline. `whole`: all of the answer,
        otherwise the first sentence up to its last choice."""
        asked = self.encode(" " + question)
        ids = self.question_head + asked + self.output
        span = (len(self.question_head), len(self.question_head) + len(asked))
        output = len(ids) - 1
        targets, choices, copies, allowed = [], [], [], []
        for order, index in enumerate(chosen or [-1]):
            tokens = prefix.sentences[index] if index >= 0 else self.decline
            branch = self.branches(prefix, tokens)
            last = max((j for j, b in enumerate(branch) if len(b) > 1), default=0)
            for j, token in enumerate(tokens):
                at = len(ids) - 1
                if j <= last or whole:
                    targets.append((at, 1.0 if len(branch[j]) > 1 else forced_weight))
                    if len(branch[j]) > 1:
                        choices.append((at, index))
                        allowed.append(branch[j])
                    if index >= 0 and j > 0:
                        copies.append((at, prefix.spans[index][0] + j))
                    ids = ids + [token]
            if not whole:
                return Block(ids, span, output, targets, choices, copies, allowed)
            if index >= 0:
                for j, token in enumerate(self.answer_number[prefix.spans[index][2] + 1]):
                    targets.append((len(ids) - 1, 0.3 if j == 1 else forced_weight))
                    ids = ids + [token]
        targets.append((len(ids) - 1, 0.5))
        ids = ids + [self.end]
        return Block(ids, span, output, targets, choices, copies, allowed)


def normal(string):
    return re.sub(r"\s+", " ", string).strip()


class Material:
    """Articles with their passages and an index of which articles are neighbours."""

    def __init__(self, reader, articles):
        self.reader = reader
        self.articles = [a for a in articles if a.sections]
        self.by_system = collections.defaultdict(list)
        counts = collections.Counter()
        for article in self.articles:
            for system in article.systems or [""]:
                self.by_system[system].append(article)
            counts.update({w.lower() for s in article.sections for x in s.sentences for w in questions.content_words(x)})
        self.counts, self.total = counts, max(1, len(self.articles))

    def rarity(self, word):
        return math.log(1 + self.total / (1 + self.counts[word.lower()]))

    def neighbour(self, article, rng):
        pool = self.by_system[rng.choice(article.systems or [""])]
        for _ in range(8):
            other = rng.choice(pool if len(pool) > 1 and rng.random() < 0.8 else self.articles)
            if other is not article:
                return other
        return article

    def asked(self, article, rng, section=None):
        """(question, section path, evidence sentences) that the corpus asks about this article, roughened or as written."""
        known = [q for q in article.questions if q.get("answerable", True) and q.get("evidence")]
        if not known:
            return None
        q = rng.choice(known)
        asked = q["question"]
        if rng.random() < 0.4:
            asked = questions.roughen(asked, rng)
        return asked, q["section"], [normal(e) for e in q["evidence"]]


def swap_names(article, others, rng):
    """The same article under another name: its title's words replaced wherever they stand, so that names carry no knowledge."""
    new = rng.choice(others)
    if len(article.title) < 4 or "(" in article.title + new.title:
        return article
    old, name = article.title, new.title
    pattern = re.compile(r"\b" + re.escape(old) + r"\b", re.IGNORECASE)

    def put(string):
        return pattern.sub(lambda m: name if m.group(0)[0].isupper() and m.start() == 0 else questions.lower_first(name), string)

    sections = [text.Section(s.path, [put(x) for x in s.sentences]) for s in article.sections]
    asked = [dict(q, question=put(q["question"]), evidence=[put(e) for e in q.get("evidence", [])]) for q in article.questions]
    return text.Article(article.slug + "+" + new.slug, name, article.systems, list(new.synonyms), sections, article.kind, article.split, asked)


def draw_passages(reader, article, rng, limit):
    return text.passages(article, lambda s: len(reader.encode(" " + s)), limit)


def reading_example(reader, material, rng, blocks, whole, most_tokens, decline_rate=0.2):
    """A prefix of 3 to 6 passages and `blocks` questions about them, some of which they do not answer."""
    while True:
        article = rng.choice(material.articles)
        if rng.random() < 0.25:
            article = swap_names(article, material.articles, rng)
        limit = rng.choice([40, 60, 80, 110, 150])
        own = draw_passages(reader, article, rng, limit)
        count = rng.choice([3, 4, 4, 4, 5, 6])
        mine = min(len(own), rng.randrange(1, count + 1))
        # Runs of neighbouring sections are the hardest company: half of the draws take one.
        if rng.random() < 0.5:
            start = rng.randrange(len(own) - mine + 1)
            picked = own[start:start + mine]
        else:
            picked = rng.sample(own, mine)
        shown = list(picked)
        others = []
        neighbour = material.neighbour(article, rng)
        while len(shown) < count:
            if rng.random() < 0.3:
                neighbour = material.neighbour(article, rng)
            candidates = draw_passages(reader, neighbour, rng, limit)
            same = [p for p in candidates if p.path in [x.path for x in picked]]
            other = rng.choice(same if same and rng.random() < 0.6 else candidates)
            if all(other is not x and other.text != x.text for x in shown):
                shown.append(other)
                others.append((neighbour, other))
            elif rng.random() < 0.2:
                break
        rng.shuffle(shown)
        prefix = reader.prefix([reader.piece(p) for p in shown])
        if len(prefix.ids) > most_tokens or len(prefix.sentences) < 3:
            continue
        place = {normal(s): i for i, s in reversed(list(enumerate(x for p in shown for x in p.sentences)))}
        made, tries, asked_before = [], 0, set()
        while len(made) < blocks and tries < blocks * 6:
            tries += 1
            entry = ask(material, article, own, shown, others, place, rng, decline_rate)
            if entry is None:
                continue
            question, chosen = entry
            if question in asked_before:
                continue
            asked_before.add(question)
            block = reader.block(prefix, question, chosen, whole)
            if len(block.ids) <= 110:
                made.append(block)
        if len(made) == blocks:
            return prefix, made


def ask(material, article, own, shown, others, place, rng, decline_rate):
    """One (question, indices of the answering sentences); an empty list where nothing shown answers; None if the draw failed."""
    if rng.random() < decline_rate:
        roll = rng.random()
        if roll < 0.6:                                            # a section of this article that is not shown
            hidden = [p for p in own if p.path not in [x.path for x in shown if x.article == article.slug] and p.text not in [x.text for x in shown]]
            if not hidden:
                return None
            passage = rng.choice(hidden)
            entry = asked_of(material, article, rng)
            if entry and rng.random() < 0.6 and not any(e in place for e in entry[2]):
                return entry[0], []
            if not passage.path or rng.random() < 0.6:
                asked = questions.about_section(article, passage.path, rng)
            else:
                asked = questions.about_sentence(article, passage.path, rng.choice(passage.sentences), rng, material.rarity)
        elif roll < 0.7 and any(not q.get("answerable", True) for q in article.questions):
            return rng.choice([q for q in article.questions if not q.get("answerable", True)])["question"], []
        else:                                                     # another article altogether, often a section that is shown for this one
            other = material.neighbour(article, rng)
            if any(x.article == other.slug for x in shown):
                return None
            section = rng.choice(other.sections)
            same = [s for s in other.sections if s.path in [x.path for x in shown]]
            if same and rng.random() < 0.6:
                section = rng.choice(same)
            asked = questions.about_section(other, section.path, rng) if rng.random() < 0.6 else \
                questions.about_sentence(other, section.path, rng.choice(section.sentences), rng, material.rarity)
        return (questions.roughen(asked, rng), []) if asked else None
    roll = rng.random()
    if roll < 0.45:
        source = article if rng.random() < 0.75 or not others else rng.choice(others)[0]
        entry = asked_of(material, source, rng)
        if entry:
            chosen = [place[e] for e in entry[2] if e in place]
            if len(chosen) == len(entry[2]):
                return entry[0], chosen
        return None
    choices = [p for p in shown if p.article == article.slug]
    source = article
    if others and (not choices or rng.random() < 0.3):
        source, passage = rng.choice(others)
    elif choices:
        passage = rng.choice(choices)
    else:
        return None
    if roll < 0.65:
        # A question for the whole section: its first sentence, unless the passage continues a section begun elsewhere.
        if not any(s.path == passage.path and s.sentences[0] == passage.sentences[0] for s in source.sections):
            return None
        asked, sentence = questions.about_section(source, passage.path, rng), passage.sentences[0]
    else:
        sentence = rng.choice(passage.sentences)
        asked = questions.about_sentence(source, passage.path, sentence, rng, material.rarity)
    if not asked:
        return None
    return questions.roughen(asked, rng), [place[normal(sentence)]]


def asked_of(material, article, rng):
    return material.asked(article, rng)


def embedding_pairs(reader, material, rng, count):
    """`count` tuples (question ids, passage ids, ids of another passage of the same article, evidence sentence ids), articles all different,
    drawn from a few systems so that the others in the batch are near misses."""
    found, used = [], set()
    while len(found) < count:
        if rng.random() < 0.7 and found:
            article = material.neighbour(rng.choice(found)[4], rng)
        else:
            article = rng.choice(material.articles)
        if article.slug in used:
            if rng.random() < 0.05:
                used.discard(article.slug)
            continue
        base = article
        if rng.random() < 0.3:
            article = swap_names(article, material.articles, rng)
        own = draw_passages(reader, article, rng, rng.choice([50, 80, 110, 150]))
        entry = material.asked(article, rng) if rng.random() < 0.5 else None
        passage = sentence = None
        if entry:
            asked, _, evidence = entry
            sentence = evidence[0]
            passage = next((p for p in own if sentence in map(normal, p.sentences)), None)
        if passage is None:
            passage = rng.choice(own)
            if rng.random() < 0.5:
                sentence = passage.sentences[0]
                asked = questions.about_section(article, passage.path, rng)
            else:
                sentence = rng.choice(passage.sentences)
                asked = questions.about_sentence(article, passage.path, sentence, rng, material.rarity)
            if not asked:
                continue
            asked = questions.roughen(asked, rng)
        rest = [p for p in own if p is not passage and p.path != passage.path] or [rng.choice(draw_passages(reader, material.neighbour(base, rng), rng, 110))]
        other = rng.choice(rest)
        used.add(base.slug)
        found.append((reader.encode(asked)[:64], reader.encode(passage.embedded)[:192], reader.encode(other.embedded)[:192],
                      reader.encode(sentence)[:64], base))
    return found

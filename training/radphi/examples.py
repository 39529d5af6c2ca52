"""Training examples: a question with numbered passages and its answer, and question-passage pairs for the embedding.

All text is tokenised once. A prompt is a sequence of whole pieces (sentences begin with their space, so that a copied
sentence has the same tokens in both places), which keeps the position of every piece known.
"""
import collections
import json
import math
import random
import re
from dataclasses import dataclass

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
class Example:
    """One question with its passages and answer, as one sequence.

    Positions count from the sequence's first token. A sentence's span is (start, end, passage), its end exclusive; the spans
    are in the order of the passages.
    """
    ids: list
    spans: list
    output: int          # position of the last prompt token, whose successor is the first answer token
    chosen: list         # indices of the answering sentences, in the order in which they are written; none to decline
    targets: list        # (position of the predicting token, weight)
    choices: list        # (position of a predicting token that still chooses, index of the sentence or -1 to decline, admissible tokens)


class Reader:
    """Turns passages, questions and answers into tokens."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.cache = {}
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

    def prepare(self, articles):
        """Tokenises the sentences of `articles` at once, before processes that make examples share them."""
        strings = list({" " + sentence for article in articles for section in article.sections for sentence in section.sentences})
        self.cache.update(zip(strings, vocabulary.encode_all(self.tokenizer, strings)))

    def passages(self, shown):
        """The numbered passages as (token lists, spans from 0, sentences): the part of a prompt that several questions share."""
        ids, spans, sentences = [], [], []
        for n, passage in enumerate(shown, 1):
            ids += self.number[n] + self.encode(" " + passage.heading) + self.newline
            for sentence in passage.sentences:
                tokens = self.encode(" " + sentence)
                spans.append((len(ids), len(ids) + len(tokens), n - 1))
                sentences.append(tokens)
                ids += tokens
            ids += self.newline
        return ids, spans, sentences

    def prompt(self, question, passages):
        """(ids, spans) of the prompt, token for token as the program writes it: the question stands before the passages, so that they are
        read with it in mind, and after them."""
        ids, spans, _ = passages
        asked = self.question_head + self.encode(" " + question)
        head = self.instruction + asked + self.newline
        return head + ids + asked + self.output, [(start + len(head), stop + len(head), n) for start, stop, n in spans]

    def branches(self, sentences, tokens):
        """For each token of `tokens`, the tokens that admissible sentences (or declining) have there."""
        alive = sentences + [self.decline]
        found = []
        for j, token in enumerate(tokens):
            found.append(sorted({s[j] if j < len(s) else self.end for s in alive}))
            alive = [s for s in alive if j < len(s) and s[j] == token]
        return found

    def example(self, question, passages, chosen, forced_weight=0.05):
        """`chosen`: indices of the answering sentences in the passages' order, none to decline."""
        sentences = passages[2]
        ids, spans = self.prompt(question, passages)
        output = len(ids) - 1
        targets, choices = [], []
        for index in chosen or [-1]:
            tokens = sentences[index] if index >= 0 else self.decline
            for token, admissible in zip(tokens, self.branches(sentences, tokens)):
                at = len(ids) - 1
                targets.append((at, 1.0 if len(admissible) > 1 else forced_weight))
                if len(admissible) > 1:
                    choices.append((at, index, admissible))
                ids.append(token)
            if index >= 0:
                for j, token in enumerate(self.answer_number[spans[index][2] + 1]):
                    targets.append((len(ids) - 1, 0.3 if j == 1 else forced_weight))
                    ids.append(token)
        targets.append((len(ids) - 1, 0.5))
        ids.append(self.end)
        return Example(ids, spans, output, list(chosen), targets, choices)


def normal(string):
    return re.sub(r"\s+", " ", string).strip()


class Material:
    """Articles with their passages and an index of which articles are neighbours."""

    def __init__(self, reader, articles):
        self.articles = [a for a in articles if a.sections]
        reader.prepare(self.articles)
        self.by_system = collections.defaultdict(list)
        self.words, self.holders, self.relatives = {}, collections.defaultdict(list), {}
        counts = collections.Counter()
        for article in self.articles:
            for system in article.systems or [""]:
                self.by_system[system].append(article)
            said = [w.lower() for s in article.sections for x in s.sentences for w in questions.content_words(x)]
            counts.update(said)
            self.words[article.slug] = set(said)
            for word in self.words[article.slug]:
                self.holders[word].append(article)
        self.counts, self.total = counts, max(1, len(self.articles))
        self.well_asked = [a for a in self.articles if sum(bool(q.get("evidence")) for q in a.questions) > 6]

    def rarity(self, word):
        return math.log(1 + self.total / (1 + self.counts[word.lower()]))

    def related(self, article, most=12):
        """The articles that share the most of its rare words: what a search confuses it with."""
        slug = article.slug.split("+")[0]
        found = self.relatives.get(slug)
        if found is None:
            scores, by_slug = collections.Counter(), {}
            for word in self.words.get(slug, ()):
                if 1 < len(self.holders[word]) <= 60:
                    for other in self.holders[word]:
                        scores[other.slug] += self.rarity(word)
                        by_slug[other.slug] = other
            del scores[slug]
            found = self.relatives[slug] = [by_slug[key] for key, _ in scores.most_common(most)]
        return found

    def neighbour(self, article, rng):
        if rng.random() < 0.5:
            near = self.related(article)
            if near:
                return rng.choice(near)
        pool = self.by_system[rng.choice(article.systems or [""])]
        for _ in range(8):
            other = rng.choice(pool if len(pool) > 1 and rng.random() < 0.8 else self.articles)
            if other is not article:
                return other
        return article

    def asked(self, article, rng):
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
    kept = rng.sample(article.questions, min(12, len(article.questions)))
    asked = [dict(q, question=put(q["question"]), evidence=[put(e) for e in q.get("evidence", [])]) for q in kept]
    return text.Article(article.slug + "+" + new.slug, name, article.systems, list(new.synonyms), sections, article.kind, article.split, asked)


def draw_passages(reader, article, limit):
    return text.passages(article, lambda s: len(reader.encode(" " + s)), limit)


def reading_examples(reader, material, rng, count, most_tokens, decline_rate=0.3, asked_rate=0.65):
    """`count` questions about one set of 3 to 6 passages, some of which the passages do not answer.

    `asked_rate` is the share of questions that somebody wrote; the others are made from headings and sentences.
    """
    while True:
        pool = material.well_asked if material.well_asked and rng.random() < 0.6 else material.articles
        article = rng.choice(pool)
        if rng.random() < 0.25:
            article = swap_names(article, material.articles, rng)
        limit = rng.choice([40, 60, 80, 110, 150, 150, 150])
        own = draw_passages(reader, article, limit)
        number = rng.choice([3, 4, 4, 4, 5, 5, 6])
        mine = min(len(own), rng.randrange(1, number + 1))
        # Runs of neighbouring sections are the hardest company: half of the draws take one.
        if rng.random() < 0.5:
            start = rng.randrange(len(own) - mine + 1)
            picked = own[start:start + mine]
        else:
            picked = rng.sample(own, mine)
        shown = list(picked)
        others = []
        neighbour = material.neighbour(article, rng)
        while len(shown) < number:
            if rng.random() < 0.3:
                neighbour = material.neighbour(article, rng)
            candidates = draw_passages(reader, neighbour, limit)
            same = [p for p in candidates if p.path in [x.path for x in picked]]
            other = rng.choice(same if same and rng.random() < 0.6 else candidates)
            if all(other is not x and other.text != x.text for x in shown):
                shown.append(other)
                others.append((neighbour, other))
            elif rng.random() < 0.2:
                break
        rng.shuffle(shown)
        passages = reader.passages(shown)
        if len(passages[0]) > most_tokens or len(passages[2]) < 3:
            continue
        place = {normal(s): i for i, s in reversed(list(enumerate(x for p in shown for x in p.sentences)))}
        made, asked_before = [], set()
        for _ in range(count * 6):
            entry = ask(material, article, own, shown, others, place, rng, decline_rate, asked_rate)
            if entry is None or entry[0] in asked_before:
                continue
            asked_before.add(entry[0])
            if len(reader.encode(" " + entry[0])) <= 64:
                made.append(reader.example(entry[0], passages, entry[1]))
            if len(made) == count:
                return made


def ask(material, article, own, shown, others, place, rng, decline_rate, asked_rate):
    """One (question, indices of the answering sentences); an empty list where nothing shown answers; None if the draw failed."""
    if rng.random() < decline_rate:
        return ask_in_vain(material, article, own, shown, place, rng)
    if rng.random() < asked_rate:
        source = article if rng.random() < 0.75 or not others else rng.choice(others)[0]
        entry = material.asked(source, rng)
        if not entry:
            return None
        chosen = [place[e] for e in entry[2] if e in place]
        return (entry[0], chosen) if len(chosen) == len(entry[2]) else None
    choices = [p for p in shown if p.article == article.slug]
    if others and (not choices or rng.random() < 0.3):
        source, passage = rng.choice(others)
    elif choices:
        source, passage = article, rng.choice(choices)
    else:
        return None
    if rng.random() < 0.3:
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


def ask_in_vain(material, article, own, shown, place, rng):
    """A question that no passage shown answers: a hidden section of the article, what the article does not say, or another article."""
    roll = rng.random()
    if roll < 0.5:
        entry = material.asked(article, rng)
        if entry and rng.random() < 0.8:
            return None if any(e in place for e in entry[2]) else (entry[0], [])
        hidden = [p for p in own if p.path not in [x.path for x in shown if x.article == article.slug] and p.text not in [x.text for x in shown]]
        if not hidden:
            return None
        passage = rng.choice(hidden)
        if not passage.path or rng.random() < 0.5:
            asked = questions.about_section(article, passage.path, rng)
        else:
            asked = questions.about_sentence(article, passage.path, rng.choice(passage.sentences), rng, material.rarity)
        return (questions.roughen(asked, rng), []) if asked else None
    if roll < 0.75:
        missing = [q for q in article.questions if not q.get("answerable", True)]
        return (rng.choice(missing)["question"], []) if missing else None
    other = material.neighbour(article, rng)                      # often a section that is shown for this article
    if any(x.article == other.slug for x in shown):
        return None
    entry = material.asked(other, rng)
    if entry and rng.random() < 0.6:
        return entry[0], []
    section = rng.choice(other.sections)
    same = [s for s in other.sections if s.path in [x.path for x in shown]]
    if same and rng.random() < 0.6:
        section = rng.choice(same)
    asked = questions.about_section(other, section.path, rng) if rng.random() < 0.6 else \
        questions.about_sentence(other, section.path, rng.choice(section.sentences), rng, material.rarity)
    return (questions.roughen(asked, rng), []) if asked else None


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
        own = draw_passages(reader, article, rng.choice([50, 80, 110, 150]))
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
        rest = [p for p in own if p is not passage and p.path != passage.path] or [rng.choice(draw_passages(reader, material.neighbour(base, rng), 110))]
        other = rng.choice(rest)
        used.add(base.slug)
        found.append((reader.encode(asked)[:64], reader.encode(passage.embedded)[:192], reader.encode(other.embedded)[:192],
                      reader.encode(sentence)[:64], base))
    return found

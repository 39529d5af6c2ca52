"""Articles, sections, sentences and passages as the Swift program forms them, and the prompt that both share."""
import collections
import glob
import gzip
import hashlib
import json
import os
import re
import unicodedata
from dataclasses import dataclass, field

INSTRUCTION = "Instruct: Answer the question from the numbered passages and cite them.\n"
MOST_SYNONYMS = 6
DECLINE = " The passages do not answer this question."

BOUNDARY = re.compile(r"(?<=[.?!])[\"')\]]* +(?=[\"'(\[]*[A-Z0-9À-Þ])")
ABBREVIATION = re.compile(r"(?:^|[\s(])(?:[A-Z]|vs|e\.g|i\.e|Dr|Mr|Mrs|St|Fig|No|approx|ca|cf|etc|Prof)\.$")


def sentences(paragraph):
    """Sentences of one paragraph, in order; a break needs a capital or a digit after it and no abbreviation before it."""
    found, start = [], 0
    for match in BOUNDARY.finditer(paragraph):
        if ABBREVIATION.search(paragraph[start:match.start()]):
            continue
        found.append(paragraph[start:match.end()].strip())
        start = match.end()
    found.append(paragraph[start:].strip())
    return [s for s in found if s]


@dataclass
class Section:
    path: list
    sentences: list


@dataclass
class Article:
    slug: str
    title: str
    systems: list
    synonyms: list
    sections: list
    kind: str = "pathology"
    split: str = "train"
    questions: list = field(default_factory=list)


@dataclass
class Passage:
    article: str
    path: list
    heading: str
    sentences: list
    synonyms: list = field(default_factory=list)

    @property
    def text(self):
        return " ".join(self.sentences)

    @property
    def embedded(self):
        """What is embedded: heading, the article's other names, text."""
        names = "".join(f"; {name}" for name in self.synonyms[:MOST_SYNONYMS])
        return f"{self.heading}{names}\n {self.text}"


def split_of(key):
    """train, dev or test, from the first eight hexadecimal digits of the key's SHA-256."""
    bucket = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) % 10
    return "train" if bucket < 7 else "dev" if bucket == 7 else "test"


def heading(title, path):
    return f"{title} — {' > '.join(path)}" if path else title


def read_article(path):
    with open(path, encoding="utf-8") as file:
        text = unicodedata.normalize("NFC", file.read())
    head, body = text.split("\n---\n", 1)
    fields = dict(line.split(":", 1) for line in head.splitlines()[1:] if ":" in line)
    fields = {key.strip(): value.strip() for key, value in fields.items()}
    sections, current = [Section([], [])], []
    for line in body.splitlines():
        line = line.strip()
        if line.startswith("### "):
            current = current[:1] + [line[4:]]
            sections.append(Section(current, []))
        elif line.startswith("## "):
            current = [line[3:]]
            sections.append(Section(current, []))
        elif line:
            sections[-1].sentences += sentences(line[2:] if line.startswith("- ") else line)
    names = lambda value: [item.strip() for item in value.split(",") if item.strip()]
    return Article(fields["slug"], fields["title"], names(fields.get("systems", "")), names(fields.get("synonyms", "")),
                   [s for s in sections if s.sentences and s.path != ["See also"]],
                   fields.get("kind", "pathology"), split_of(fields["slug"]))


def read_corpus(folder):
    """The articles with their questions; questions that belong to no article are left out."""
    articles = {}
    for path in sorted(glob.glob(os.path.join(folder, "articles", "*", "*.md"))):
        try:
            article = read_article(path)
        except (ValueError, KeyError) as error:
            raise SystemExit(f"{path}: not an article in the corpus format ({error})")
        articles[article.slug] = article
    for path in sorted(glob.glob(os.path.join(folder, "questions", "*.jsonl"))):
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    question = json.loads(line)
                except ValueError as error:
                    raise SystemExit(f"{path}:{number}: not a JSON object ({error})")
                if question.get("article") in articles:
                    articles[question["article"]].questions.append(question)
    return list(articles.values())


MEDQUAD_HEADINGS = {
    "information": [], "symptoms": ["Clinical presentation"], "treatment": ["Treatment and prognosis"],
    "inheritance": ["Pathology", "Inheritance"], "frequency": ["Epidemiology"], "genetic changes": ["Pathology", "Genetics"],
    "causes": ["Pathology", "Aetiology"], "exams and tests": ["Diagnosis"], "research": ["Research"],
    "outlook": ["Treatment and prognosis", "Prognosis"], "susceptibility": ["Risk factors"],
    "considerations": ["Practical points"], "prevention": ["Prevention"], "stages": ["Classification"],
    "complications": ["Complications"], "support groups": ["Support"],
}


def read_medquad(path, longest=14):
    """MedQuAD as articles: one a focus, one section a question type, at most `longest` sentences of at most 45 words each."""
    open_ = gzip.open if path.endswith(".gz") else open
    articles, entries, seen = {}, [], collections.Counter()
    with open_(path, "rt", encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            entry["sentences"] = []
            for paragraph in entry["answer"].split("\n"):
                for part in re.split(r"(?:^|(?<=[.:?])) ?- ", paragraph):
                    entry["sentences"] += [s for s in sentences(part.strip())
                                           if 4 <= len(s.split()) <= 45 and s[-1] in ".?!:)" and s[0].isupper()]
            seen.update(set(entry["sentences"]))
            entries.append(entry)
    for entry in entries:
        focus = entry["focus"].strip()
        key = focus.lower()
        if not focus or len(focus) > 80:
            continue
        kept = [s for s in dict.fromkeys(entry["sentences"]) if seen[s] <= 6][:longest]      # the rest is boilerplate
        if not kept:
            continue
        article = articles.get(key)
        if article is None:
            title = focus if any(c.isupper() for c in focus[1:]) and not focus.istitle() else focus.capitalize()
            article = articles[key] = Article("medquad-" + mark(key), title, ["MedQuAD " + entry["source"]], [], [])
        path_ = MEDQUAD_HEADINGS.get(entry["type"], [entry["type"].capitalize()])
        if any(section.path == path_ for section in article.sections):
            continue
        article.sections.append(Section(path_, kept))
        article.synonyms = [s for s in entry.get("synonyms", []) if 2 < len(s) < 60][:6] or article.synonyms
        article.questions.append({"question": entry["question"], "section": " > ".join(path_), "evidence": [kept[0]], "answerable": True})
    return list(articles.values())


def mark(sentence):
    """How a line of further questions names a sentence: the first eight hexadecimal digits of its SHA-256."""
    return hashlib.sha256(sentence.encode()).hexdigest()[:8]


def add_questions(path, articles):
    """Adds the questions of a file to `articles`: lines of slug, marks of the answering sentences (`-` for none) and question, tab-separated.

    Returns how many were added, and how many name an article or a sentence that is not there (any more).
    """
    by_slug = {article.slug: article for article in articles}
    added = lost = 0
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            fields = line.rstrip("\n").split("\t")
            if len(fields) != 3:
                raise SystemExit(f"{path}:{number}: {len(fields)} fields where slug, marks and question were expected")
            slug, marks, question = fields
            article = by_slug.get(slug)
            places = {mark(sentence): (section, sentence) for section in article.sections for sentence in section.sentences} if article else {}
            wanted = [] if marks == "-" else marks.split(",")
            if article is None or any(name not in places for name in wanted):
                lost += 1
                continue
            found = [places[name] for name in wanted]
            article.questions.append({"question": question, "section": " > ".join(found[0][0].path) if found else None,
                                      "evidence": [sentence for _, sentence in found], "answerable": bool(found)})
            added += 1
    return added, lost


def passages(article, count_tokens, limit=150):
    """Sentence-aligned passages of at most `limit` tokens (one sentence at least), never across a section."""
    found = []
    for section in article.sections:
        group, size = [], 0
        for sentence in section.sentences:
            tokens = count_tokens(sentence)
            if group and size + tokens > limit:
                found.append(Passage(article.slug, section.path, heading(article.title, section.path), group, article.synonyms))
                group, size = [], 0
            group.append(sentence)
            size += tokens
        if group:
            found.append(Passage(article.slug, section.path, heading(article.title, section.path), group, article.synonyms))
    return found


def prompt(passages_, question):
    """The prompt, byte for byte as the program writes it."""
    lines = "".join(f"[{n}] {p.heading}\n {p.text}\n" for n, p in enumerate(passages_, 1))
    return f"{INSTRUCTION}Question: {question}\n{lines}Question: {question}\nOutput:"

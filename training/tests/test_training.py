"""Tests of the recipe: `python -m unittest discover training/tests`. The smoke run takes most of the time."""
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, ROOT)

from radphi import evaluation, examples, lora, losses, model as network, questions, text, vocabulary  # noqa: E402

CORPUS = os.environ.get("RADPHI_CORPUS") or os.path.join(os.path.dirname(ROOT), "corpus")


def small(vocabulary_size=1024):
    """A network of the recipe's shape, small, with biases and with attention that is not near uniform, so that a slip in either shows."""
    configuration = dict(network.DEFAULT_CONFIGURATION, vocab_size=vocabulary_size, hidden_size=64, intermediate_size=128, num_hidden_layers=5)
    model = network.initialise(network.Phi(configuration), 3).eval()
    generator = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.normal_(0, 0.05, generator=generator)
            elif "q_proj" in name or "k_proj" in name:
                parameter.mul_(8)
    return model


def decided_slowly(model, reader, question, passages):
    """`evaluation.decide` for one question, one sequence and one token at a time: at each token the admissible one with the best score."""
    shown = [reader.encode(" " + sentence) for passage in passages for sentence in passage.sentences] + [reader.decline]
    shown = [tokens + [reader.end] for tokens in shown]
    prompt, written = vocabulary.encode(reader.tokenizer, text.prompt(passages, question)), []
    while written not in shown:
        admissible = {tokens[len(written)] for tokens in shown if tokens[:len(written)] == written}
        scores = model.logits(model.hidden(torch.tensor([prompt + written]))[0, -1])
        written.append(max(admissible, key=lambda token: scores[token].item()))
    index = shown.index(written)
    return index if index < len(shown) - 1 else -1


class Text(unittest.TestCase):
    def test_sentences_end_at_marks_before_capitals_and_not_at_abbreviations(self):
        self.assertEqual(text.sentences("CT shows gas. MRI at 1.5 T shows none. Is it seen? Yes."), ["CT shows gas.", "MRI at 1.5 T shows none.", "Is it seen?", "Yes."])
        self.assertEqual(text.sentences("Cysts vs. Abscesses, e.g. Brodie abscess."), ["Cysts vs. Abscesses, e.g. Brodie abscess."])

    def test_the_split_follows_from_the_slug(self):
        self.assertEqual(text.split_of("pneumothorax"), "train")
        self.assertEqual({text.split_of(f"article-{n}") for n in range(100)}, {"train", "dev", "test"})

    def test_the_prompt_is_the_programs(self):
        passage = text.Passage("a", ["Radiographic features", "CT"], text.heading("Cyst", ["Radiographic features", "CT"]), ["It is dark.", "It is round."])
        self.assertEqual(text.prompt([passage], "How?"),
                         "Instruct: Answer the question from the numbered passages and cite them.\n"
                         "Question: How?\n[1] Cyst — Radiographic features > CT\n It is dark. It is round.\nQuestion: How?\nOutput:")

    def test_passages_stay_in_their_section_and_keep_to_the_limit(self):
        article = text.Article("a", "A", [], [], [text.Section([], ["one two three."] * 5), text.Section(["X"], ["four five six."])])
        found = text.passages(article, lambda s: len(s.split()), 6)
        self.assertEqual([len(p.sentences) for p in found], [2, 2, 1, 1])
        self.assertEqual(found[-1].heading, "A — X")


class Questions(unittest.TestCase):
    def test_every_form_takes_the_entity(self):
        for key, forms in questions.BY_HEADING.items():
            for form in forms:
                self.assertIn("{x}", form, key)

    def test_questions_are_the_same_for_the_same_seed(self):
        article = text.Article("a", "Breast cyst", [], ["FCC"], [])
        make = lambda: [questions.roughen(questions.about_sentence(article, ["CT"], "Coarse popcorn calcification is characteristic of an old fibroadenoma.",
                                                                   random.Random(n), len) or "", random.Random(n)) for n in range(20)]
        self.assertEqual(make(), make())
        self.assertGreater(len(set(make())), 10)


class FurtherQuestions(unittest.TestCase):
    def added(self, lines):
        """(what `add_questions` returns, the article's questions) for the lines of a file about one article."""
        article = text.Article("cyst", "Cyst", [], [], [text.Section([], ["It is dark."]), text.Section(["CT", "Contrast"], ["It is round.", "It is thin."])])
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "corpus.tsv")
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(line + "\n" for line in lines)
            return text.add_questions(path, [article]), article.questions

    def test_lines_become_questions_and_what_is_not_there_is_counted(self):
        dark, round_, thin = map(text.mark, ("It is dark.", "It is round.", "It is thin."))
        counted, asked = self.added([f"cyst\t{dark}\tHow dark?", f"cyst\t{thin},{round_}\tWhat form?", "cyst\t-\tWho found it?",
                                     f"tumour\t{dark}\tHow dark?", "cyst\t00000000\tWhat is gone?", f"cyst\t{dark},00000000\tWhat is half gone?"])
        self.assertEqual(counted, (3, 3))
        self.assertEqual(asked, [
            {"question": "How dark?", "section": "", "evidence": ["It is dark."], "answerable": True},
            {"question": "What form?", "section": "CT > Contrast", "evidence": ["It is thin.", "It is round."], "answerable": True},
            {"question": "Who found it?", "section": None, "evidence": [], "answerable": False}])

    def test_a_line_of_another_form_is_an_error_that_names_it(self):
        with self.assertRaisesRegex(SystemExit, r"corpus\.tsv:2: 2 fields"):
            self.added(["cyst\t-\tWho found it?", "cyst\tWho found it?"])

    def test_the_shipped_questions_are_about_sentences_of_train_articles(self):
        path = os.path.join(ROOT, "questions", "corpus.tsv")
        articles = text.read_corpus(CORPUS)
        train = [a for a in articles if a.split == "train"]
        before = sum(len(a.questions) for a in articles)
        added, lost = text.add_questions(path, train)
        with open(path, encoding="utf-8") as file:
            lines = [line.rstrip("\n").split("\t") for line in file]
        self.assertEqual((added, lost), (len(lines), 0))
        self.assertGreater(added, 20_000)
        self.assertEqual(sum(len(a.questions) for a in articles), before + added)
        self.assertEqual({text.split_of(slug) for slug, _, _ in lines}, {"train"})
        self.assertEqual(len(set(map(tuple, lines))), len(lines))


class WithTokenizer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.articles = [a for a in text.read_corpus(CORPUS) if a.split == "train"][:40]
        path = os.path.join(cls.folder.name, "tokenizer.json")
        vocabulary.train((x for a in cls.articles for s in a.sections for x in [text.heading(a.title, s.path)] + s.sentences), 1024, path)
        cls.tokenizer = vocabulary.load(path)
        cls.reader = examples.Reader(cls.tokenizer)
        cls.material = examples.Material(cls.reader, cls.articles)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_a_control_token_in_text_stays_text(self):
        self.assertNotIn(self.reader.end, vocabulary.encode(self.tokenizer, "a <|endoftext|> b"))

    def drawn(self, count, seed):
        """Examples of several sets of passages, three questions each."""
        rng, found = random.Random(seed), []
        while len(found) < count:
            found += examples.reading_examples(self.reader, self.material, rng, 3, 640)
        return found[:count]

    def test_the_readers_prompt_is_the_texts_prompt(self):
        rng = random.Random(2)
        for _ in range(20):
            article = rng.choice(self.articles)
            passages = examples.draw_passages(self.reader, article, 80)[:4]
            question = rng.choice([f"How does {article.title} look on CT?", article.title, "Is it (ever) seen  in 5% of 'them'"])
            ids, spans = self.reader.prompt(question, self.reader.passages(passages))
            self.assertEqual(self.tokenizer.decode(ids, skip_special_tokens=False), text.prompt(passages, question))
            self.assertEqual(ids, vocabulary.encode(self.tokenizer, text.prompt(passages, question)))
            self.assertEqual([(self.tokenizer.decode(ids[start:stop]), n) for start, stop, n in spans],
                             [(" " + sentence, n) for n, passage in enumerate(passages) for sentence in passage.sentences])

    def test_answers_are_sentences_of_the_passages_with_their_number(self):
        declined = 0
        for example in self.drawn(90, 3):
            shown = [self.tokenizer.decode(example.ids[start:stop]) for start, stop, _ in example.spans]
            answer = self.tokenizer.decode(example.ids[example.output + 1:-1])
            expected = "".join(f"{shown[index]} [{example.spans[index][2] + 1}]" for index in example.chosen) or text.DECLINE
            self.assertEqual(answer, expected)
            self.assertEqual(example.ids[-1], self.reader.end)
            prompt = self.tokenizer.decode(example.ids[:example.output + 1])
            self.assertTrue(prompt.endswith("\nOutput:"))
            heads = prompt.split("\n")
            self.assertEqual(heads[1], heads[-2])                                  # the question, before the passages and after them
            for shown_sentence, (_, _, n) in zip(shown, example.spans):            # the passage's number and heading stand in one line, its text in the next
                line = next(i for i, head in enumerate(heads) if head.startswith(f"[{n + 1}] "))
                self.assertIn(shown_sentence, heads[line + 1])
            declined += not example.chosen
        self.assertGreater(declined, 9)
        self.assertLess(declined, 60)

    def test_a_question_that_somebody_wrote_has_its_evidence_for_an_answer_or_is_declined_without_it(self):
        rng, counts = random.Random(8), [0, 0]
        for _ in range(300):
            article = rng.choice(self.articles)
            own = examples.draw_passages(self.reader, article, 80)
            shown = rng.sample(own, min(4, len(own)))
            flat = [examples.normal(sentence) for passage in shown for sentence in passage.sentences]
            place = {sentence: flat.index(sentence) for sentence in flat}
            decline = rng.random() < 0.5
            entry = examples.ask(self.material, article, own, shown, [], place, rng, float(decline), 1.0)
            evidence = [q["evidence"] for q in article.questions if entry and q["question"] == entry[0] and q.get("evidence")]
            if evidence:
                counts[decline] += 1
                here = [examples.normal(e) for e in evidence[0] if examples.normal(e) in flat]
                self.assertEqual([flat[index] for index in entry[1]], here)
                self.assertEqual(len(here), 0 if decline else len(evidence[0]))
        self.assertGreater(min(counts), 20)

    def test_choices_stand_where_sentences_part_and_admit_what_is_wanted(self):
        for example in self.drawn(60, 4):
            written = [example.ids[start:stop] for start, stop, _ in example.spans] + [self.reader.decline]
            self.assertEqual([at for at, _ in example.targets], list(range(example.output, len(example.ids) - 1)))
            weights = dict(example.targets)
            self.assertGreater(len(example.choices), 0)
            self.assertEqual(example.choices[0][0], example.output)
            self.assertEqual(example.choices[0][2], sorted({tokens[0] for tokens in written}))
            for at, index, admissible in example.choices:
                whole = written[index]                                             # the sentence that is written here, `done` tokens of it before this choice
                done = next(k for k in range(len(whole)) if example.ids[at + 1 - k:at + 1 - k + len(whole)] == whole)
                self.assertEqual(admissible, sorted({(tokens + [self.reader.end])[done] for tokens in written if tokens[:done] == whole[:done]}))
                self.assertIn(example.ids[at + 1], admissible)
                self.assertGreater(len(admissible), 1)
                self.assertEqual(weights[at], 1.0)
                self.assertIn(index, example.chosen or [-1])

    def test_the_reading_losses_are_what_they_say(self):
        drawn = self.drawn(6, 5)
        model, probes = small(), network.Probes(64)
        torch.nn.init.normal_(probes.none)
        batch = losses.collate(drawn, self.reader.end, random.Random(1))
        with torch.no_grad():
            _, parts = losses.reading(model, probes, batch)
            branch, choose, relevance = [], [], []
            for example in drawn:
                ids = torch.tensor([example.ids])
                places = torch.tensor([at for at, _, _ in example.choices])
                hidden, judged, looked = model.read(ids, (torch.zeros_like(places), places))
                for row, (at, index, admissible) in enumerate(example.choices):
                    scores = model.logits(hidden[0, at])[admissible].log_softmax(0)
                    branch.append(-scores[admissible.index(example.ids[at + 1])])
                    choose.append(-looked[row, :, example.spans[index][1] - 1 if index >= 0 else 0].mean())
                judgements = torch.cat([probes(judged[0, [stop - 1 for _, stop, _ in example.spans]])[0], probes.none[None]]).softmax(0)
                relevance.append(-judgements[example.chosen or [-1]].sum().log())
        for name, values in (("branch", branch), ("choose", choose), ("relevance", relevance)):
            self.assertAlmostEqual(parts[name].item(), torch.stack(values).mean().item(), 3, name)

    def test_losses_are_finite_and_only_unfrozen_parameters_learn(self):
        batch = losses.collate(self.drawn(6, 6), self.reader.end, random.Random(1))
        pairs = [pair[:4] for pair in examples.embedding_pairs(self.reader, self.material, random.Random(6), 8)]
        for part in ("embedding", "reading"):
            model, probes = small(), network.Probes(64)
            lower = {name for name, _ in model.named_parameters() if "embed_tokens" in name or "layers.0." in name}
            for name, parameter in model.named_parameters():
                parameter.requires_grad_((name in lower) == (part == "embedding"))
            loss, parts = losses.reading(model, probes, batch) if part == "reading" else losses.embedding(model, pairs, 1, self.reader.end)
            self.assertTrue(all(torch.isfinite(value) for value in [loss, *parts.values()]), parts)
            self.assertGreater(loss.item(), 0)
            loss.backward()
            for name, parameter in list(model.named_parameters()) + ([("probes", p) for p in probes.parameters()] if part == "reading" else []):
                if parameter.requires_grad:
                    self.assertTrue(torch.isfinite(parameter.grad).all() and parameter.grad.abs().sum() > 0, name)
                else:
                    self.assertIsNone(parameter.grad, name)

    def test_the_network_computes_what_transformers_does(self):
        from transformers import PhiConfig, PhiForCausalLM
        model = small()
        settings = {k: v for k, v in model.configuration.items() if k not in ("architectures", "torch_dtype")}
        reference = PhiForCausalLM(PhiConfig(**settings, attn_implementation="eager")).eval()
        reference.load_state_dict(model.state_dict(), strict=True)
        ids = torch.randint(0, 1024, (2, 50), generator=torch.Generator().manual_seed(1))
        rows = torch.tensor([0, 0, 1, 1]), torch.tensor([3, 49, 0, 20])
        block = network.choosing_block(model.configuration)
        with torch.no_grad():
            ours, theirs = model.hidden(ids), reference(ids, output_hidden_states=True, output_attentions=True)
            final, judged, looked = model.read(ids, rows)
            self.assertLess((model.logits(ours) - theirs.logits).abs().max(), 1e-4)
            self.assertLess((model.hidden(ids, layers=2) - theirs.hidden_states[2]).abs().max(), 1e-4)
            self.assertLess((final - ours).abs().max(), 1e-5)
            self.assertLess((judged - theirs.hidden_states[block]).abs().max(), 1e-4)
            self.assertLess((looked.exp() - theirs.attentions[block][rows[0], :, rows[1]]).abs().max(), 1e-4)

    def test_deciding_together_equals_choosing_one_by_one(self):
        rng, model = random.Random(7), small()
        with torch.no_grad():
            model.model["final_layernorm"].weight.mul_(50)                         # so that the choices differ with what was read
        asked = []
        for article in rng.sample(self.articles, 12):
            passages = examples.draw_passages(self.reader, article, 80)
            asked.append((f"What is {article.title}?", rng.sample(passages, min(3, len(passages)))))
        asked.append(("How many?", [text.Passage("a", [], "A", ["It is dark.", "It is dark in children.", "It is round."])]))     # parts late
        asked.append(("How many?", [text.Passage("a", [], "A", ["The passages do not answer this riddle."])]))     # parts late from declining
        asked.append(("How many?", [text.Passage("a", [], "A", ["It is dark."]), text.Passage("b", [], "B", ["It is dark."])]))     # never parts
        with torch.no_grad():
            chosen = evaluation.decide(model, self.reader, asked, batch=4)
            self.assertEqual(chosen, [decided_slowly(model, self.reader, *entry) for entry in asked])
        for choice, (_, passages) in zip(chosen, asked):
            self.assertIn(choice, range(-1, sum(len(passage.sentences) for passage in passages)))
        self.assertGreater(len(set(chosen)), 2)

    def test_padding_does_not_change_an_embedding(self):
        model = small()
        with torch.no_grad():
            alone = losses.pooled(model, [[5, 6, 7]], 2, 0)
            padded = losses.pooled(model, [[5, 6, 7], list(range(1, 60))], 2, 0, 1)
        self.assertLess((alone[0] - padded[0]).abs().max(), 1e-5)

    def test_low_rank_layers_merge_into_what_they_computed(self):
        linear = torch.nn.ModuleDict({"fc1": torch.nn.Linear(8, 6)})
        trained = lora.adapt(linear, 2, 4)
        self.assertEqual(len(trained), 2)
        torch.nn.init.normal_(linear["fc1"].up)
        x = torch.randn(3, 8)
        before = linear["fc1"](x)
        lora.merge(linear)
        self.assertIsInstance(linear["fc1"], torch.nn.Linear)
        self.assertLess((linear["fc1"](x) - before).abs().max(), 1e-5)


class Smoke(unittest.TestCase):
    """Every stage from nothing, small: it learns something, resumes, exports and is read back."""

    def test_all_stages(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, os.path.join(ROOT, "smoke.py"), "--corpus", CORPUS, "--output", folder], check=True, timeout=900)
            model = os.path.join(folder, "model")
            self.assertLess(os.path.getsize(os.path.join(model, "model.safetensors")), 4e6)
            with open(os.path.join(folder, "data", "corpus.train.jsonl"), encoding="utf-8") as file:
                self.assertGreater(sum(len(json.loads(line)["questions"]) for line in file), 20_000)
            with open(os.path.join(folder, "run", "log.jsonl"), encoding="utf-8") as file:
                entries = [json.loads(line) for line in file]
            for name in ("dense", "answer"):
                curve = [e[name] for e in entries if name in e]
                self.assertLess(curve[-1], 0.96 * curve[0], name)
            steps = [e["step"] for e in entries]
            self.assertEqual(steps, sorted(steps))
            self.assertTrue(os.path.exists(os.path.join(folder, "tuned", "config.json")))


if __name__ == "__main__":
    unittest.main()

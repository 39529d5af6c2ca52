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

from radphi import examples, lora, losses, model as network, questions, shared, text, vocabulary  # noqa: E402

CORPUS = os.environ.get("RADPHI_CORPUS") or os.path.join(os.path.dirname(ROOT), "corpus")


def small(vocabulary_size):
    return dict(network.DEFAULT_CONFIGURATION, vocab_size=vocabulary_size)


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
                         "[1] Cyst — Radiographic features > CT\n It is dark. It is round.\nQuestion: How?\nOutput:")

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


class WithTokenizer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.articles, _ = text.read_corpus(CORPUS)
        cls.articles = [a for a in cls.articles if a.split == "train"][:40]
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

    def test_pieces_tokenise_as_the_whole_prompt_does(self):
        rng = random.Random(2)
        for _ in range(20):
            prefix, blocks = examples.reading_example(self.reader, self.material, rng, 2, True, 4000)
            for block in blocks:
                prompt = prefix.ids + block.ids[:block.output + 1]
                self.assertEqual(vocabulary.encode(self.tokenizer, self.tokenizer.decode(prompt, skip_special_tokens=False)), prompt)

    def test_answers_are_sentences_of_the_passages_with_their_number(self):
        rng = random.Random(3)
        declined = 0
        for _ in range(20):
            prefix, blocks = examples.reading_example(self.reader, self.material, rng, 4, True, 4000)
            for block in blocks:
                answer = self.tokenizer.decode(block.ids[block.output + 1:-1])
                if answer == text.DECLINE:
                    declined += 1
                    continue
                sentence, number = answer.rsplit(" [", 1)
                passage = prefix.pieces[int(number.rstrip("]")) - 1].passage
                self.assertIn(sentence, " " + passage.text)
                for at, source in block.copies:
                    self.assertEqual(block.ids[at + 1], prefix.ids[source])
        self.assertGreater(declined, 0)

    def test_the_network_computes_what_transformers_does(self):
        from transformers import PhiConfig, PhiForCausalLM
        configuration = small(1024)
        model = network.initialise(network.Phi(configuration), 3).eval()
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                torch.nn.init.normal_(parameter, 0, 0.05)
        reference = PhiForCausalLM(PhiConfig(**{k: v for k, v in configuration.items() if k not in ("architectures", "torch_dtype")})).eval()
        reference.load_state_dict(model.state_dict(), strict=True)
        ids = torch.randint(0, 1024, (2, 50))
        with torch.no_grad():
            ours, theirs = model.hidden(ids)[0], reference(ids, output_hidden_states=True)
            self.assertLess((model.logits(ours) - theirs.logits).abs().max(), 1e-3)
            self.assertLess((model.hidden(ids, layers=2)[0] - theirs.hidden_states[2]).abs().max(), 1e-3)

    def test_reading_questions_together_equals_reading_them_one_by_one(self):
        model = network.initialise(network.Phi(small(1024)), 3).eval()
        batch = [examples.reading_example(self.reader, self.material, random.Random(n), 3, False, 4000) for n in range(2)]
        with torch.no_grad():
            together, _, _, _ = shared.run(model, shared.collate(batch, self.reader.end))
            for b, (prefix, blocks) in enumerate(batch):
                for n, block in enumerate(blocks):
                    alone, _ = model.hidden(torch.tensor([prefix.ids + block.ids]))
                    self.assertLess((alone[0, len(prefix.ids):] - together[b, n, :len(block.ids)]).abs().max(), 1e-3)

    def test_padding_does_not_change_an_embedding(self):
        model = network.initialise(network.Phi(small(1024)), 3).eval()
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
            subprocess.run([sys.executable, os.path.join(ROOT, "smoke.py"), "--corpus", CORPUS, "--output", folder], check=True, timeout=1500)
            model = os.path.join(folder, "model")
            self.assertLess(os.path.getsize(os.path.join(model, "model.safetensors")), 40e6)
            with open(os.path.join(folder, "run", "log.jsonl"), encoding="utf-8") as file:
                entries = [json.loads(line) for line in file]
            for name in ("dense", "answer"):
                curve = [e[name] for e in entries if name in e]
                self.assertLess(curve[-1], curve[0], name)
            steps = [e["step"] for e in entries]
            self.assertEqual(steps, sorted(steps))
            self.assertTrue(os.path.exists(os.path.join(folder, "tuned", "config.json")))


if __name__ == "__main__":
    unittest.main()

"""Which head is taught to attend where, while attention is guided.

Each entry is (block, heads). The source of every copied token, the sentence that answers and the spans of sentences,
headings and the question are known when an example is built, so the loss can say where to look. Block 0 belongs to the
embedding alone: it is trained first, by the contrastive loss, and stands still while the blocks above learn to read.
"""
PREVIOUS = (1, [0])           # every token -> the token before it
POOL = (2, [0, 1])            # a sentence's last token -> its sentence; "Output:" and the answer -> the question
HEADING = (2, [2])            # a sentence's last token -> the heading of its passage; "Output:" and the answer -> the question
FIRST = (2, [3])              # a sentence's last token -> its first token, which is what an answer begins with
CHOOSE = (3, [0, 1, 2, 3])    # "Output:" and answer tokens that still choose -> the last token of the answering sentence; decline -> position 0
COPY = (4, [0, 1, 2])         # an answer token -> the token after its counterpart in the passage

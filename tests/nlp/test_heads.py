import numpy as np
import pytest
import spacy

from nlp.calibration import INTENT
from nlp.explaining import explain_text
from nlp.features import canonical, stands
from nlp.heads import FACTORY, SCORES, Heads, no_weights
from nlp.labels import HEADS
from nlp.matrix import Vocabulary, count_features
from nlp.model import Model
from nlp.normalise import normalise
from nlp.posts import read_posts, truth
from nlp.training import fit_heads
from nlp.words import STANDS

HARD = [
    "",
    "?",
    "De de DE de lamp",
    "niet goed, wel mooi. Nooit meer blij met dit plan!",
    "WAAROM?? #afval @iemand http",
    "Dit woord kent niemand: flobbergast",
    "Lekker dan. Weet iemand waar ik moet zijn? Lekker dan",
    "fijn",
    "zo\nfijn",
    "Beste,\n\nniet mooi\n\nGroet 😡",
]


def test_the_fast_way_scores_what_the_plain_matrix_scores(corpus_dir) -> None:
    posts = read_posts(corpus_dir)
    counted = count_features([post.text for post in posts])
    vocabulary = Vocabulary.of(counted)
    answers = np.array([truth(post.labels) for post in posts])
    coefficients, bias = fit_heads(vocabulary.matrix(counted), vocabulary.block, answers)
    texts = [*HARD, *(post.text for post in posts[:16])]
    plain = vocabulary.matrix(count_features(texts)) @ coefficients + bias
    pipeline = spacy.blank("nl")
    heads = pipeline.add_pipe(FACTORY)
    heads.use(vocabulary.weights(coefficients, bias))
    fast = [doc.user_data[SCORES] for doc in pipeline.pipe(map(normalise, texts))]
    np.testing.assert_allclose(np.array(fast), plain, atol=2e-4)


def test_a_text_scores_the_same_alone_and_in_company(model: Model) -> None:
    together = model.probabilities(HARD).heads
    alone = np.concatenate([model.probabilities([text]).heads for text in HARD])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_forgetting_words_changes_no_score(model: Model) -> None:
    before = model.probabilities(HARD).heads
    model.heads.table.forget()
    np.testing.assert_allclose(model.probabilities(HARD).heads, before, atol=1e-6)


def test_negation_turns_a_feeling_round(model: Model) -> None:
    table = model.heads.table
    negated = STANDS.index((True, False))
    row = table.canonical_word("blij")
    assert table.standing[row, negated] != row
    indifferent = table.canonical_word("tafel")
    assert table.standing[indifferent, negated] == indifferent


def test_a_word_that_tells_a_theme_counts_otherwise_where_it_only_names_a_place() -> None:
    words = [
        "de",
        "container",
        "staat",
        "bij",
        "de",
        "school",
        "en",
        "niet",
        "naast",
        "het",
        "park",
    ]
    placed = {word for word, (_, at) in zip(words, stands(words), strict=True) if at}
    assert placed == {"school", "park"}


def test_a_phrase_of_place_ends_with_the_sentence_and_with_its_first_subject() -> None:
    words = ["bij", "de", "school", "vuilnis", ",", "op", ",", "container"]
    placed = {word for word, (_, at) in zip(words, stands(words), strict=True) if at}
    assert placed == {"school"}


def test_how_words_stand_is_found_the_same_one_by_one_and_in_bulk(model: Model) -> None:
    texts = [normalise(text) for text in (*HARD, "naast de container niet blij , bij school")]
    docs = [model.pipeline.make_doc(text) for text in texts]
    rows, _ = model.heads.token_rows(docs)
    expected = []
    for doc in docs:
        words = [canonical(token.text) for token in doc]
        for word, stand in zip(words, stands(words), strict=True):
            row = model.heads.table.canonical_word(word)
            expected.append(model.heads.table.standing[row, STANDS.index(stand)])
    assert rows.tolist() == expected


def test_the_component_comes_back_from_disk_as_it_went(model: Model, tmp_path) -> None:
    model.heads.to_disk(tmp_path)
    again = Heads(model.pipeline.vocab).from_disk(tmp_path)
    doc = model.pipeline.make_doc("Wanneer wordt het grofvuil opgehaald?")
    np.testing.assert_allclose(again.scores([doc]), model.heads.scores([doc]), atol=1e-3)


def test_a_model_with_other_labels_is_refused(tmp_path) -> None:
    Heads(spacy.blank("nl").vocab).to_disk(tmp_path)
    stored = dict(np.load(tmp_path / "weights.npz"))
    stored["heads"] = stored["heads"][:-1]
    np.savez(tmp_path / "weights.npz", **stored)
    with pytest.raises(ValueError, match="retrain"):
        Heads(spacy.blank("nl").vocab, no_weights()).from_disk(tmp_path)


@pytest.mark.parametrize("head", ["theme:waste", "urgent", "tenor:criticism", "emotion:joy"])
def test_the_shares_of_the_words_add_up_to_the_score(model: Model, head: str) -> None:
    text = "Nooit blij, lekker dan: weer grofvuil naast de container, schandalig!!"
    doc = model.pipeline(model.pipeline.make_doc(normalise(text)))
    at = HEADS.index(head)
    shares = explain_text(model, text, head)
    total = sum(share for _, share in shares) + float(model.heads.weights.bias[at])
    assert total == pytest.approx(float(doc.user_data[SCORES][at]), abs=1e-3)
    assert [abs(s) for _, s in shares] == sorted((abs(s) for _, s in shares), reverse=True)


def test_a_phrase_is_found_within_one_text_only(model: Model) -> None:
    docs = [model.pipeline.make_doc(text) for text in ("nou lekker", "dan", "nou lekker dan")]
    rows, owner = model.heads.token_rows(docs)
    _, documents = model.heads.phrase_rows(rows, owner)
    assert 1 not in documents
    assert (documents == 2).sum() > (documents == 0).sum()


def test_an_intent_is_explained_against_the_other_intents(model: Model) -> None:
    text = "Wanneer wordt het grofvuil opgehaald?"
    shares = [dict(explain_text(model, text, name)) for name in HEADS[INTENT]]
    assert sum(share["Wanneer"] for share in shares) == pytest.approx(0, abs=1e-3)


def test_an_unknown_head_is_named(model: Model) -> None:
    with pytest.raises(ValueError, match="'mood'"):
        explain_text(model, "hoi", "mood")
